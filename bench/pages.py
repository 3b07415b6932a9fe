"""How long a person waits for a page: twenty at once on the large book, desk, portal and API."""

import http.client
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from bench import cpu
from bench.measure import Book, Figure

USERS = 20
REQUESTS_EACH = 25
THINK_SECONDS = 1.0
P95_SECONDS_MAX = 0.150
CUSTOMERS = 400

# an address and the headers that it alone needs
type Page = tuple[str, dict[str, str]]


def run(book: Book) -> list[Figure]:
    """p95 of each kind of page with twenty users who look a second at what they get, and with none who waits."""
    from django.utils import timezone

    from encours.access import context
    from encours.analytics import actions as analytics

    context.bind(book.organisation_id)
    # as the jobs do after an import and each night
    analytics.refresh_standings(organisation_id=book.organisation_id, today=timezone.localdate())
    cookies, tokens, customers = _sign_in(book.organisation_id)
    # a person has a session of their own, a program a key of its own, and each key its own allowance
    sessions = [{"Cookie": cookie} for cookie in cookies]
    keys = [{"Authorization": f"Bearer {token}"} for token in tokens]
    lists = ["customers", "documents", "open-items", "receipts"]
    pages: dict[str, tuple[list[Page], list[dict[str, str]]]] = {
        "desk page": ([(address, {}) for address in _desk_pages(customers)], sessions),
        "portal page": (_portal_pages(book.organisation_id), [{}] * USERS),
        "API list": ([(f"/api/v1/{name}", {}) for name in lists], keys),
    }
    figures = []
    with _served(book) as (port, web):
        for name, (addresses, headers) in pages.items():
            _load(port, addresses, headers, requests_each=3, think_seconds=0)
            for think_seconds in (THINK_SECONDS, 0):
                before = cpu.seconds(web), cpu.seconds(cpu.postmaster(book.dsn))
                taken = _load(port, addresses, headers, requests_each=REQUESTS_EACH, think_seconds=think_seconds)
                after = cpu.seconds(web), cpu.seconds(cpu.postmaster(book.dsn))
                each = [1000 * (end - start) / len(taken) for start, end in zip(before, after, strict=True)]
                figures.append(_figure(name, book, taken, think_seconds, each))
    return figures


def _figure(name: str, book: Book, taken: list[float], think_seconds: float, cpu_ms: list[float]) -> Figure:
    p95 = statistics.quantiles(taken, n=20)[-1]
    pause = f"{think_seconds:.0f} s of reading between pages" if think_seconds else "no pause between pages"
    return Figure(
        work=f"{name}, p95 of {USERS} users at once, {pause}",
        book=f"{book.invoices:,} invoices",
        ours_seconds=p95,
        limit="promise",
        limit_seconds=P95_SECONDS_MAX,
        ratio_max=1.0,
        note=f"median {statistics.median(taken) * 1000:.0f} ms, {len(taken)} requests; "
        f"processor a page: web {cpu_ms[0]:.0f} ms, database {cpu_ms[1]:.0f} ms",
    )


def _desk_pages(customers: list[str]) -> list[str]:
    # so many that hardly an account is opened twice
    chosen = random.Random(1).sample(customers, min(CUSTOMERS, len(customers)))
    lists = ["/", "/customers", "/items", "/ageing"]
    # as often a list as one customer's account
    return [*lists * (len(chosen) // len(lists)), *[f"/customers/{number}" for number in chosen]]


def _portal_pages(organisation_id: int) -> list[Page]:
    """The own accounts of customers: half of what they open is the account itself, half a page behind it."""
    from django.utils import timezone

    from encours.core.actors import Actor
    from encours.customers.models import Customer
    from encours.entrypoints.portal import door
    from encours.portal import actions, queries, rules

    policy = actions.set_policy(
        organisation_id=organisation_id,
        form=actions.PolicyForm(is_on=True),
        now=timezone.now(),
        by=Actor.system("bench"),
    )
    reached = Customer.objects.filter(organisation_id=organisation_id).exclude(email="").order_by("pk")
    pages: list[Page] = []
    for customer in random.Random(1).sample(list(reached), min(CUSTOMERS, len(reached))):
        person = queries.person_of(customer, 0)
        assert person is not None
        secret = queries.secret_for(
            person, organisation_id=organisation_id, today=timezone.localdate(), policy=policy, generation=0
        )
        handle = rules.read(secret)[0].handle
        cookie = {"Cookie": f"{door.cookie_of(handle)}={secret}.{customer.pk}browser."}
        own = f"{queries.PATH}a/{handle}/"
        pages += [(own, cookie)] * 3 + [(f"{own}{name}", cookie) for name in ("paid", "exchanges", "who")]
    return pages


def _sign_in(organisation_id: int) -> tuple[list[str], list[str], list[str]]:
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from encours.access import actions as access
    from encours.access import token_actions as tokens
    from encours.core.actors import Actor
    from encours.customers.models import Customer

    by = Actor.system("bench")
    membership = access.invite_user(by=by, organisation_id=organisation_id, email="cfo@bench.example", role="cfo")
    cookies = []
    for _ in range(USERS):
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(membership.user_id)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = membership.user.get_session_auth_hash()
        session.create()
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")
    secrets = [
        tokens.issue_token(
            by=by,
            organisation_id=organisation_id,
            user_id=membership.user_id,
            name=f"bench {number}",
            scopes=["read"],
            expires_at=None,
        )[1]
        for number in range(USERS)
    ]
    numbers = Customer.objects.filter(organisation_id=organisation_id).values_list("number", flat=True)
    return cookies, secrets, list(numbers)


@contextmanager
def _served(book: Book):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "encours.entrypoints.cli.main", "serve", "--port", str(port), "--no-worker"]
    server = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": book.dsn}, stdout=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=40)


def _wait(port: int) -> None:
    for _ in range(120):
        try:
            # an answer, not an open port: that is there before the processes behind it are
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the server did not start")


def _load(
    port: int, addresses: list[Page], headers: list[dict[str, str]], *, requests_each: int, think_seconds: float
) -> list[float]:
    taken: list[float] = []
    failures: list[str] = []

    def user(number: int) -> None:
        chance = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(requests_each):
            if think_seconds:
                time.sleep(chance.uniform(0.5, 1.5) * think_seconds)
            address, own = chance.choice(addresses)
            start = time.perf_counter()
            connection.request("GET", address, headers={**headers[number], **own})
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            if answer.status != 200:
                failures.append(f"{address}: {answer.status}")
        connection.close()

    users = [threading.Thread(target=user, args=(number,)) for number in range(USERS)]
    for thread in users:
        thread.start()
    for thread in users:
        thread.join()
    if failures:
        raise SystemExit(f"{len(failures)} pages failed, such as {failures[0]}")
    return taken
