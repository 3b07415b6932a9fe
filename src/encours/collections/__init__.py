"""Who is chased, when, how, and why not: scenarios, reminders, pauses, promises and the list of the day.

Nouns: a *scenario* is an ordered set of *steps* around the due date; a *run* takes one *decision* (a *reminder*) for
each customer whose turn it is; the *interlock* is the list of named checks that let it leave, adjust, hold or block it.

Laws: the same step never leaves twice for the same instalment; the disputed part is never claimed; each currency has
its own total; what is held says why and frees itself. All decisions come from `rules`, whoever asks: the nightly run, a
dry run or a screen.
"""
