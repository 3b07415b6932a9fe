"""How far a customer is trusted: credit limits, who owes more than theirs, and terms by exception.

Nouns: a *credit limit* is what a customer may owe at most from a day on, in one currency; a new one takes its place and
none is changed. Its *exposure* is what it owes in that currency, less what stands in its favour.
*Exceptional terms* are other terms than its usual ones for what is issued in some days. What gives more trust is
proposed by one person and agreed to by another.
"""
