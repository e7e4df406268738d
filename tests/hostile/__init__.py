"""Hostile plugins: each does one thing that a plugin must not, and none of them may hurt a neighbour."""
