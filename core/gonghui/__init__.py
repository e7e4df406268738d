"""Gonghui 工汇: the platform on which district federations of trade unions run their work."""

__version__ = "0.1.0"
