"""The customers' own page: who may open it by which link, who came, and what may be promised there.

Nouns: link (signed, never stored), access (what kills the links of a person), visit, policy. A link opens one
customer's account for one person; nothing here knows what is owed.
"""
