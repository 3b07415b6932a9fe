"""Money received: bank accounts, their statements and lines, remittance advices, receipts.

A *bank line* is one movement as the bank tells it; it is in nobody's account until it is applied. A *receipt* is one
payment received (a *payment* is money received, never a bill); its open item in the ledger says how much of it is still
to be applied. A *remittance advice* is what a payer says a payment is for.
"""
