"""What colleagues owe each other: tasks with a day and a person, absences with who stands in, calendars to follow.

Nouns: a *task* is one thing to do by a day, for a person or for whoever takes it; what happened to it is kept in its
*events*. An *absence* says from when to when a person is away and who stands in: their list, tasks and held messages
are shown to that person meanwhile. A *calendar feed* is a private address under which a calendar shows someone's tasks.
"""
