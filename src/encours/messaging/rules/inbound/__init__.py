"""What comes in by e-mail, read without trusting it: parts, text, quotations, delivery reports, automatic answers."""
