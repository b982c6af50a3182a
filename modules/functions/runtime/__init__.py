"""What every function uses: settings, event envelopes, batches of a queue, objects written once."""
