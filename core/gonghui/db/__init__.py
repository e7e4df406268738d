"""The database: roles, table bases, row-level security, and the one unit of work that fails closed."""
