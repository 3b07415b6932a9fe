"""Who owes: companies, their contacts, groups and segments; no money.

A *customer* is a company (or a natural person) that buys. A *contact* is somebody there, with the role that decides
which messages reach them. A *segment* is a named set of conditions that gives customers their reminder scenario.
Customers are master data: they change, and every change is in the audit trail.
"""
