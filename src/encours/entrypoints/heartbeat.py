"""When a worker was last seen, from procrastinate's own table."""

import datetime as dt

from django.db import connection


def age() -> dt.timedelta | None:
    """How long ago a worker showed life; None when no worker is known."""
    with connection.cursor() as cursor:
        cursor.execute("select now() - max(last_heartbeat) from procrastinate_workers")
        row = cursor.fetchone()
    return row[0] if row else None
