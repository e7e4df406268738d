"""Persons and employers: known to a tenant once, shared by all plugins."""
