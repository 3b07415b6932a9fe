"""What customers write, and what follows: proposals a person accepts, answers, changes of bank details.

A proposal says what a mail seems to ask and quotes the sentence; nothing of it is true before a person accepts it. A
safe answer is a copy, a statement or our own bank details: it leaves alone only where the settings say so. A change of
bank details is never automatic: one person calls back on a number known before, another one confirms.
"""
