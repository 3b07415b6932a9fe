"""Reads for cash application: the book a run works on, the workbench, the day's figures, the files for accounting."""
