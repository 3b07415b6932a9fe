"""How penalties are reckoned: pure, on plain values."""
