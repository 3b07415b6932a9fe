"""A model that drafts answers, behind any address that speaks the OpenAI chat protocol; off unless it is set."""
