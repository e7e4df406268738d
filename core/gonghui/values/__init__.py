"""Values that everybody must be able to say: ids, time, periods, principals. No input or output."""
