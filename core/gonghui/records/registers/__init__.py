"""Registers that people keep in spreadsheets: their rows, their cells and their faults. No database."""
