"""Jobs: work that somebody asked for and does not wait for, with its progress, its end and its result."""
