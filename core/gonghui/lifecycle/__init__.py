"""The long, audited operations in the life of a tenant."""
