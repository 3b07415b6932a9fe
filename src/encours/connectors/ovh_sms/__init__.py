"""SMS through OVHcloud's HTTP API (https://eu.api.ovh.com/console/?section=%2Fsms)."""
