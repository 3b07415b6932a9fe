"""What follows when reminders do not: formal notices, deadlines that kill a claim, insolvency, hand-over, evidence.

Nouns: a *formal notice* asks for payment by a day, with its check-list, its annex and the proof of its dispatch; a
*legal act* is what happened that moves a deadline, or does not; a *deadline* is the last day for something, its *safe
day* by what is certain and its *possible day* by what could be argued; a *proceeding* is a customer's insolvency. The
law's values live in the registry with article, source and doubt: a missing one refuses. The software shows and
computes, the person qualifies and signs.
"""
