"""Outside systems, one folder each: their client, the mapping of their values to ours, what brings both together."""
