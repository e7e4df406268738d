"""Building blocks of records: the base of a record, its transitions in two times, bulk writing, registers."""
