"""Encours: what customers owe, from the credit decision to the cash application."""
