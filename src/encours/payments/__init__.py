"""Money received: receipts, and later bank accounts, statements and lines.

A *receipt* is one payment received (a *payment* is money received, never a bill). Its open item in the ledger says
how much of it is still to be applied.
"""
