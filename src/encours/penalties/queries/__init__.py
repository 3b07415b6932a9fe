"""Read what penalties are due, and what was agreed and decided about them."""
