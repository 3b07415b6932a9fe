"""What people may ask about their data: a copy of it, its erasure, and what must be kept all the same.

Nouns: a *legal hold* keeps everything of a customer as long as a claim may go to court; an *erasure* is the removal of
a person at a customer's, with what stays, until when and on what ground. Laws: nothing is erased under a hold; what
accounting or a claim needs stays for as long as the law asks; the copy holds all that names the person.
"""
