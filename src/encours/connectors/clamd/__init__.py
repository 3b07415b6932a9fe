"""A virus scanner that speaks clamd's protocol, on this machine or beside it."""
