"""Daily sales of the commerce platform, from its API to a star schema."""
