"""Reads of the room: the aged balance, KPIs and their history, standings, and the rows behind each figure."""
