"""One message to many customers: campaigns, and statements of account made on demand or every month.

Nouns: a *campaign* is one message to a list of customers, each a *campaign recipient* that is written to once or left
out with the reasons of the safety checks; a *statement* is what one customer's account with one company holds on a day;
a *statement schedule* makes a campaign of statements each month, once a period.
"""
