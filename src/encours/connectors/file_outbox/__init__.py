"""Messages put into a folder, for a program of the company's own to take from there."""
