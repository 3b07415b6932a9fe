"""Pages for people outside: opened by a link that expires and can be revoked, never by a sign-in."""
