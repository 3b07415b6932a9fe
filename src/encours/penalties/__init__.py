"""What lateness costs a business customer: interest by half-year, the fixed EUR 40, and what was done about them.

Nouns: a *legal value* is a rate or an amount the law sets, with its source and its doubt; *penalty terms* say which
rate holds for a customer or a company; a *suspension* is a stretch of days that bears nothing; a *penalty note* is the
act by which penalties were invoiced or waived, its *lines* one debt each. What is due is always reckoned from the
ledger; only what was decided is kept, and it stays claimable after the principal is paid.
"""
