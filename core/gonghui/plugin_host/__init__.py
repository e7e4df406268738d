"""Plugins: what they declare, how they are found, and the gate in front of them."""
