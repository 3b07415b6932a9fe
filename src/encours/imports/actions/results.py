"""What a call and its files came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from encours.core.errors import EncoursError
from encours.core.money import Money
from encours.imports.formats.problems import Problem
from encours.invoices.staged_actions import Settled

LISTED_MAX = 1000


@dataclass(slots=True)
class FileResult:
    """One file: its kind, what became of its rows, and what was refused."""

    file: str
    kind: str = ""
    run_id: int | None = None
    sha256: str = ""
    is_dry_run: bool = False
    seen_before: bool = False
    form: Mapping[str, Any] = field(default_factory=dict)
    rows_read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[Problem] = field(default_factory=list)
    warning_count: int = 0
    warnings: list[Problem] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)
    tie_out: dict[str, Any] | None = None
    refusal: EncoursError | None = None
    settled_at_once: Settled | None = None

    def refuse(self, problems: list[Problem], *, kept_max: int) -> None:
        """Count refused rows; the first ones are kept for the report."""
        self.rejected_count += len(problems)
        self.rejected.extend(problems[: max(0, kept_max - len(self.rejected))])

    def warn(self, problems: list[Problem], *, kept_max: int) -> None:
        """Count warnings; the first ones are kept for the report."""
        self.warning_count += len(problems)
        self.warnings.extend(problems[: max(0, kept_max - len(self.warnings))])


@dataclass(slots=True)
class CallResult:
    """All files of one call, and how the open amounts they state were reached."""

    files: list[FileResult]
    settled: dict[str, Any] | None = None
    disappeared: dict[str, Any] | None = None

    @property
    def is_refused(self) -> bool:
        """Whether any file was refused as a whole."""
        return any(file.refusal is not None for file in self.files)


def money(amounts: Mapping[str, int]) -> list[dict[str, str]]:
    """Sums by currency in the form money has in JSON."""
    return [Money(int(minor), currency).as_json() for currency, minor in sorted(amounts.items()) if minor]
