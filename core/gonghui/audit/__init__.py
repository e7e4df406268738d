"""The audit trail: written by listening to the session, in the transaction that it describes."""
