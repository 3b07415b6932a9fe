"""Reads of plans."""
