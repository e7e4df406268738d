"""Tenants, their hosts, their tree of org units, their plugin switches and the parameters that bind them."""
