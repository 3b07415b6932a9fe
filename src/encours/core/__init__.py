"""Money, business days, errors and identifiers: what every room stands on, and no noun of receivables."""
