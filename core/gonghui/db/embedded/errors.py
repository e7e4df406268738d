"""The one error of the embedded server: what went wrong, where, and how to mend it."""


class EmbeddedServerError(Exception):
    """The embedded PostgreSQL cannot be created, started, used or stopped."""
