"""Topics, queues and the event bus."""
