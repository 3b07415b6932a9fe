"""Mail servers spoken to by SMTP: hand a message over and tell truthfully how that ended."""
