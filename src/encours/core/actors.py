"""Who does something: a person or a part of the product, and through which door."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The author of a write, as kept in the audit trail."""

    user_id: int | None
    name: str
    channel: str  # desk, portal, api, cli, job

    @classmethod
    def system(cls, name: str) -> "Actor":
        """The product itself, acting through the named job."""
        return cls(user_id=None, name=name, channel="job")
