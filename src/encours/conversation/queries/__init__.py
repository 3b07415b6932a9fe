"""Reads for the screens of the conversation."""
