"""What a platform hands to its releases: the platform manifest as an object."""
