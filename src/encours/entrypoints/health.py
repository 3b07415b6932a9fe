"""The page that says whether web, database and jobs are well."""

import datetime as dt
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from encours.entrypoints import heartbeat

JOBS_SILENT_MAX = dt.timedelta(minutes=3)


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503 naming what is not."""
    answer: dict[str, Any] = {"web": "ok", "database": "ok", "jobs": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
        age = heartbeat.age()
    except DatabaseError:
        answer |= {"database": "unreachable", "jobs": "unknown"}
    else:
        if age is None or age > JOBS_SILENT_MAX:
            answer["jobs"] = "no worker seen"
    is_well = all(state == "ok" for state in answer.values())
    return JsonResponse(answer, status=200 if is_well else 503)
