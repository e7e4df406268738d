"""Figures: an indicator over a period and an org unit, which opens to the records behind it."""
