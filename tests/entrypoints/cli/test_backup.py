"""`encours backup` and `restore`: the books that come back are the books that were saved."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlparse

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from encours.access import guard
from encours.entrypoints.cli import backup
from encours.ledger import actions as ledger
from encours.ledger import rules
from encours.ledger.models import ItemKind
from tests import cast
from tests.documented import documented, shape

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = "restored_elsewhere"
DAY = date(2026, 1, 31)


def owner(database: str) -> psycopg.Connection:
    return psycopg.connect(settings.DATABASE_ADDRESS, dbname=database, autocommit=True)


@pytest.fixture
def books(committed_company: cast.Company) -> cast.Company:
    """An invoice, a receipt, and the one settled in part by the other."""
    company = committed_company
    due = {"customer_id": company.acme.pk, "item_date": DAY, "due_date": DAY, "currency": "EUR"}
    invoice, receipt = ledger.post(
        ledger.Posting(company.organisation_id, company.entity.pk, DAY, "test", "k1"),
        items=[
            ledger.NewItem(kind=ItemKind.INVOICE, document_number="F1", amount_minor=12000, **due),
            ledger.NewItem(kind=ItemKind.RECEIPT, document_number="R1", amount_minor=-5000, **due),
        ],
        by=company.by,
    )
    ledger.allocate(
        ledger.Settlement(company.organisation_id, DAY, "a1"),
        legs=[rules.Leg(invoice.pk, "EUR", -5000), rules.Leg(receipt.pk, "EUR", 5000)],
        by=company.by,
    )
    return company


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another, empty database on the same server."""
    with owner("postgres") as server:
        server.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(ELSEWHERE)))
        server.execute(sql.SQL("create database {}").format(sql.Identifier(ELSEWHERE)))
        yield urlparse(settings.DATABASE_ADDRESS)._replace(path=f"/{ELSEWHERE}").geturl()
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(ELSEWHERE)))


def save(target: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    backup.add_arguments(parser)
    return backup.run(parser.parse_args([str(target), *words]))


def encours(address: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as people run it, in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": address, "PYTHONPATH": "src", "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, "-m", "encours.entrypoints.cli.main", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def contents(database: str) -> dict[str, tuple[int, str]]:
    """Of each table that carries an organisation: how many rows, and a digest of all of them."""
    with owner(database) as reader:
        found = {}
        for table in guard.scoped_tables():
            row = reader.execute(
                sql.SQL(
                    "select count(*), coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') from {} t"
                ).format(sql.Identifier(table))
            ).fetchone()
            assert row is not None
            found[table] = row
        return found


def rights(database: str) -> set[tuple[str, ...]]:
    """Every right of the bound role, every policy and every trigger: the laws, not the rows."""
    with owner(database) as reader:
        return {
            *reader.execute(
                """select table_name, column_name, privilege_type from information_schema.column_privileges
                   where grantee = 'encours_app'"""
            ).fetchall(),
            *reader.execute(
                """select table_name, privilege_type, '' from information_schema.table_privileges
                   where grantee = 'encours_app'"""
            ).fetchall(),
            *reader.execute("select tablename::text, policyname::text, qual || with_check from pg_policies").fetchall(),
            *reader.execute(
                "select tgrelid::regclass::text, tgname::text, tgenabled::text from pg_trigger where not tgisinternal"
            ).fetchall(),
            *reader.execute(
                "select 'default', defaclobjtype::text, defaclacl::text from pg_default_acl where defaclnamespace <> 0"
            ).fetchall(),
        }


def test_a_restored_backup_holds_equal_books_under_equal_laws(
    books: cast.Company, elsewhere: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "books.backup"
    assert save(target, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert shape(document) == shape(documented("backup"))
    assert document["size_bytes"] == target.stat().st_size
    assert document["organisations"][0]["audit_entries"] == 2
    done = encours(elsewhere, "restore", str(target))
    assert done.returncode == 0, done.stderr
    before = contents(connection.settings_dict["NAME"])
    assert before["ledger_openitem"][0] == 2
    assert contents(ELSEWHERE) == before
    assert rights(ELSEWHERE) == rights(connection.settings_dict["NAME"])
    checked = encours(elsewhere, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["ok"] is True


def test_books_are_never_overwritten_unasked_and_a_damaged_file_changes_nothing(
    books: cast.Company, elsewhere: str, tmp_path: Path
) -> None:
    target = tmp_path / "books.backup"
    assert save(target) == 0
    assert encours(elsewhere, "restore", str(target)).returncode == 0
    before = contents(ELSEWHERE)
    refused = encours(elsewhere, "restore", str(target))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(target.read_bytes()[: target.stat().st_size * 3 // 4])
    broken = encours(elsewhere, "restore", str(damaged), "--force")
    assert broken.returncode == 1
    assert contents(ELSEWHERE) == before
    assert encours(elsewhere, "restore", str(target), "--force").returncode == 0
    assert contents(ELSEWHERE) == before


def test_a_backup_of_a_newer_version_is_refused(
    committed_company: cast.Company, elsewhere: str, tmp_path: Path
) -> None:
    target = tmp_path / "books.backup"
    with owner(connection.settings_dict["NAME"]) as here:
        here.execute("insert into django_migrations (app, name, applied) values ('ledger', '9999_future', now())")
        try:
            assert save(target) == 0
        finally:
            here.execute("delete from django_migrations where name = '9999_future'")
    refused = encours(elsewhere, "restore", str(target))
    assert refused.returncode == 1
    assert "ledger.9999_future" in refused.stderr


def test_a_backup_does_not_replace_a_file_unasked(committed_company: cast.Company, tmp_path: Path) -> None:
    target = tmp_path / "books.backup"
    target.write_text("precious")
    assert save(target) == 1
    assert target.read_text() == "precious"
    assert save(target, "--force") == 0
    assert [path.name for path in tmp_path.iterdir()] == ["books.backup"]
