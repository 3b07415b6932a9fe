"""What a plan is made of and how it stands, decided on plain values."""
