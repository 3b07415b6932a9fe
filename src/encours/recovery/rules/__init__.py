"""What the law makes of dates and facts, decided on plain values."""
