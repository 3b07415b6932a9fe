"""The matching engine: pure, explained, the same answer for the same facts in any order.

book = Book(items=items, customers=customers, learnt=learnt, policy=policy)   # once a run
outcomes = match(lines, book, today=today)                                    # all lines, resolved jointly
proposals = propose(line, book)                                               # one line, for the workbench
wording.sentence(reason)                                                      # in a clerk's words
"""
