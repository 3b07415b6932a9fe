"""The domain name system: the records a domain publishes about its mail."""
