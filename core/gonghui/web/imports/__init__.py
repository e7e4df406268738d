"""The wizard by which a register comes in: sent, its columns confirmed, checked, put right, applied, undone."""
