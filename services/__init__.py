"""What runs on one machine: the local services and what supervises them."""
