"""Read statements, campaigns and what became of them."""
