"""Commands of the core that have a group of their own."""
