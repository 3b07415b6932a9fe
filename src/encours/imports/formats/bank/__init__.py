"""Readers of bank files, one module a format: bytes in, statements and lines out; no database, no clock."""
