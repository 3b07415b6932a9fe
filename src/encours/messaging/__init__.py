"""What is written to customers: templates, messages and their delivery; knows addresses, not invoices.

A *template* is a text with variables, in one language and one tone; it changes only by a new *version*. A *message*
is one letter to one customer: its context is stored as decided when it was queued, and its raw bytes as sent.
A *mail account* is the address a person or a company writes from. What happens to a message is told by its *events*;
they are only added, and the last one is its state. An address that bounced or asked not to be written to is
*suppressed*.

Laws:

1. A message has a key, unique in its organisation: queued twice, it exists once.
2. It is handed to a mail server only after a committed `handing_over` event, and never again alone after it: when
   nothing tells how the hand-over ended, the message is *in doubt* until a person settles it.
3. A template that names something the context does not have refuses, with the name; nothing leaves half filled.
4. In an organisation's sandbox nothing reaches a mail server: the message is *caught* and can be read on the
   mailbox page.

5. A mail that comes in is kept byte for byte and never dropped: what is nobody's waits in triage. What it says is
   understood with the sentence relied on; a person's judgement follows and teaches. A report is only believed about
   an address we wrote to, and nothing follows from a change of bank details but by a person.

The context of a message is JSON; `rules.context.VARIABLES` lists what it may hold, docs/howto/send-mail.md explains it.
"""
