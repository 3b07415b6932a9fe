"""Who may do what, and who did it: organisations, entities, users, roles, tokens and the audit trail.

An *organisation* is a tenant: nothing crosses it. An *entity* is one legal company of it. A *membership* gives a
user a role in an organisation, limited to some entities or to the user's own portfolio. Every write of the product
leaves an *audit entry*; entries are insert-only and chained by their hashes, one chain an organisation.
"""
