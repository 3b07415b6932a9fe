"""What mails ask for, and which answers may leave alone: pure."""
