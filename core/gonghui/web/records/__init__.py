"""Pages of record types: a list, a single record, a form and a form for each step, from what a type declares."""
