"""Every money fact: transactions and their entries, open items, allocations.

An *open item* is one instalment of a document on a customer's account: what is still to come of it is its open
amount, positive when the customer owes it, negative when we do. An *allocation* ties items together: its *legs*
change the open amounts and sum to zero per currency. A *transaction* is one accounting event; its *entries* sum to
zero per currency, and its items tie to its entries on the receivable accounts.

Laws, kept by PostgreSQL: rows are only added; entries balance; an allocation never takes more than is open;
currencies, customers' organisations never mix; a transaction is sealed when its database transaction commits.
Corrections are reversals: a *reversal* item of the opposite amount, allocated in full with the one it corrects.
Each fact has the day it counts for and the instant it was recorded, so that any balance can be asked
"as of day D, as known at instant K".
"""
