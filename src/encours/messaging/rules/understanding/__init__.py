"""What an inbound mail asks or says: its class, how sure, the sentence relied on, and the fields in it (CM-04)."""
