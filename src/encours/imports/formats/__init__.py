"""Pure readers: bytes in, canonical rows and refused cells out; no database, no clock."""
