"""What a customer that cannot pay at once may pay when: plans agreed, followed from cash, kept or broken.

Nouns: a *payment plan* spreads some open items of one company over *plan instalments*; its *covered items* are not
chased while it stands, its instalments are. A plan never replaces a debt: the items stay in the books as they are, what
is paid on them pays the plan, oldest instalment first, and a broken plan makes them due again as they were.
"""
