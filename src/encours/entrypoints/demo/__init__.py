"""The believable company that `make demo` loads: a pure generator of its books, and a loader that uses the product.

`book.book_of(today)` invents customers, documents, receipts and events relative to a day: the same day gives the same
book, and nothing in it lies after that day. Names, towns, identifiers and accounts are invented: SIREN begin with 0,
which is never given out, accounts are of bank 99999, and every address is in an `.example` domain. The loader writes
files and hands them to the importers, then replays the last weeks through the rooms' own actions, each with the clock
of its day.
"""
