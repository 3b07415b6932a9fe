"""How far a customer is trusted: credit limits, and who owes more than theirs.

Nouns: a *credit limit* is what a customer may owe at most from a day on, in one currency; a new one takes its place and
none is changed. Its *exposure* is what it owes in that currency, less what stands in its favour.
"""
