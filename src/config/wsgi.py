"""The web process, as a WSGI application."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()


def warm() -> None:
    """Load what the first page would wait for, and let the collector leave alone what stays for ever."""
    from django.urls import get_resolver

    get_resolver().reverse_dict  # noqa: B018  # imports every screen and works out its addresses
    gc.collect()
    gc.freeze()
    # a page makes some ten thousand objects and drops them all: looking through them so often finds nothing
    gc.set_threshold(50_000, 20, 100)


warm()
