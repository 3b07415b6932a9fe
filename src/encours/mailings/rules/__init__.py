"""What is decided about mailings, without a database."""
