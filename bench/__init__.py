"""Measure what design promises, each figure as a ratio to a limit taken in the same run."""
