"""What was billed: invoices, credit notes, debit notes, deposits, their versions and instalments.

A *document* is one version of a bill as the books know it. Re-importing a changed document adds a version and
corrects the ledger by reversal; the versions before stay readable. Its instalments are the ledger's open items.
"""
