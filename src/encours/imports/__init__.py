"""Books in: files are read, checked, and upserted by sets, so that doing it twice changes nothing.

A *reader* (`formats/`, pure) turns bytes into rows of canonical fields and says line by line what it cannot read. A
*run* is one file's import: staged by COPY, checked and written by set-based SQL in one database transaction. A
*mapping* is a header once learnt. What cannot be read is refused with its line, field and reason, never guessed.
"""
