"""Pure decisions about chasing: facts in, decisions out."""
