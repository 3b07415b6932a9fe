"""What `check` reports: one law, whether it holds, and the figure that shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One law looked at: a machine code, whether it holds, the figure behind it, and where it breaks if it does."""

    code: str
    is_kept: bool
    figure: str
    detail: str = ""
