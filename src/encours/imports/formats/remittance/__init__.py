"""Readers of remittance advices, one module a way they come: bytes in, one advice out; no database, no clock."""
