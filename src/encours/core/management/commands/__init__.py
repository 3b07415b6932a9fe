"""Developers' commands."""
