"""Ask the name servers for text records."""

from collections.abc import Sequence

import dns.exception
import dns.resolver

from encours.core.errors import Unavailable, gettext_noop

TIMEOUT_SECONDS = 5


class NameServersSilent(Unavailable):
    """No name server answers; nothing can be said about the domain."""

    message = gettext_noop("The name servers do not answer: {problem}.")


def text_records(names: Sequence[str], *, resolver: dns.resolver.Resolver | None = None) -> dict[str, list[str]]:
    """The TXT records of each name; a name that does not exist has none."""
    try:
        asked = resolver or dns.resolver.Resolver()
        asked.lifetime = TIMEOUT_SECONDS
        return {name: _texts(asked, name) for name in names}
    except (dns.exception.DNSException, OSError) as error:
        raise NameServersSilent(retry=True, problem=str(error)) from None


def _texts(resolver: dns.resolver.Resolver, name: str) -> list[str]:
    try:
        answer = resolver.resolve(name, "TXT", raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset or ()]
