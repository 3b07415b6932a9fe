"""The contract of connectors that carry messages: a folder with a `client.py` that opens the way, named by its folder.

What they keep to is `messaging.rules.gateway.Gateway`: `hand_over` says truthfully how it ended (sent, failed, refused,
in doubt), `news` tells what became of what was taken, under keys that stay the same. A folder that carries messages
has `CHANNELS`, the channels it serves, and `open_gateway(access)`, which refuses with `Unavailable` when the way is
closed. Nothing else has to be edited to add one.
"""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

from encours import connectors
from encours.core.errors import Unavailable, gettext_noop
from encours.messaging.rules.gateway import Gateway, GatewayAccess


class AdapterUnknown(Unavailable):
    """The provider chosen for a channel has no connector here."""

    message = gettext_noop("There is no connector “{adapter}” for this channel.")


@lru_cache(maxsize=1)
def _carriers() -> dict[str, ModuleType]:
    """The connectors that carry messages, by the name of their folder."""
    found = {}
    for entry in iter_modules(connectors.__path__):
        name = f"{connectors.__name__}.{entry.name}.client"
        if entry.ispkg and find_spec(name) is not None:
            client = import_module(name)
            if hasattr(client, "open_gateway"):
                found[entry.name] = client
    return found


def adapters(channel: str) -> list[str]:
    """The connectors that can carry a channel, for the settings to choose from."""
    return sorted(name for name, client in _carriers().items() if channel in client.CHANNELS)


def open_gateway(access: GatewayAccess) -> Gateway:
    """The way to the provider chosen for a channel; refuses one that has no connector for it."""
    if access.adapter not in adapters(access.channel):
        raise AdapterUnknown(retry=False, adapter=access.adapter)
    opened: Gateway = _carriers()[access.adapter].open_gateway(access)
    return opened
