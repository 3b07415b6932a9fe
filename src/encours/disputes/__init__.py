"""What customers contest, and how it ended: the disputed part of an item leaves dunning until the dispute is closed.

Nouns: a *dispute* names an item, a document, one of its lines or the whole account, an amount (or all of it) and a
reason. Its history stays; only its closing is added to the row. A line is named as the customer names it, by its number
and what it says: the house keeps no lines of invoices. A *credit note asked for* is what a justified dispute leads to:
a second person agrees, who issues invoices issues it, and the dispute ends once it comes in.
"""
