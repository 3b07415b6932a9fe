"""Reads of formal notices, deadlines and proceedings."""
