"""What a message says and what becomes of it, decided without a database: context, wording, bytes, delivery."""
