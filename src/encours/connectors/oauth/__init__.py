"""Signing in to a mailbox with Google or Microsoft, without a password ever passing through here."""
