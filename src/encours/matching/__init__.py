"""Which invoices a bank line pays, with the reasons: proposed by rules, applied alone or by a person, always undoable.

Nouns: a *match* is only a *proposal* for one bank line: *allocations* of its money to open items, what is left
(*residual*) and how it is treated, a probability, and the *reasons*. A *rival* is another proposal for the same line.

Laws: no cent is spent twice; the order of the lines changes nothing; a proposal never mixes currencies; two close
rivals never apply alone; what was undone by a person is never applied alone again.
"""
