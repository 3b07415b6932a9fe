"""Analytics: the aged balance, the KPIs and their history, read from the books.

Nouns: a *position* is what customers owe at the end of a day (not due, overdue, unapplied); a *figure* is one KPI with
its definition; a *standing* is the kept position of one customer; a *snapshot* is a kept report.

Laws: everything is asked "as of D, as known at K" and comes from events dated up to D and recorded up to K, never from
today's status. Money stays whole minor units, currencies never mix, floats are ratios only. Snapshots and standings
are caches: they can be thrown away and reckoned again to the same figures. The room writes nothing else.
"""
