"""Mailboxes read by IMAP: new mails as the server holds them, byte for byte, left where and as they are."""
