"""What each role may do, over which rows, and how the audit trail is chained."""

from dataclasses import replace

import pytest

from encours.access.models import Role
from encours.access.rules import (
    CHAIN_START,
    PERMISSIONS,
    Permission,
    Scope,
    can,
    canonical,
    chain_hash,
    covers_customer,
    covers_entity,
)


def scope(role: str = "collector", *, entity_ids: tuple[int, ...] = (), own_portfolio_only: bool = False) -> Scope:
    return Scope(organisation_id=1, user_id=7, role=role, entity_ids=entity_ids, own_portfolio_only=own_portfolio_only)


class TestRoles:
    @pytest.mark.parametrize(
        ("role", "permission", "is_allowed"),
        [
            ("admin", "manage_users", True),
            ("admin", "edit_bank_details", True),
            ("cfo", "write_off", True),
            ("cfo", "edit_bank_details", True),
            ("cfo", "manage_users", False),
            ("credit_manager", "edit_scenario", True),
            ("credit_manager", "edit_bank_details", False),
            ("collector", "release_message", True),
            ("collector", "write_off", False),
            ("collector", "edit_scenario", False),
            ("adv", "import_books", True),
            ("adv", "send_message", False),
            ("sales", "open_dispute", True),
            ("sales", "send_message", False),
            ("customer_success", "record_promise", True),
            ("customer_success", "export", False),
            ("auditor", "view_audit", True),
            ("auditor", "edit_customer", False),
            ("nobody", "view_books", False),
        ],
    )
    def test_a_role_may_do_what_its_work_needs(self, role: str, permission: str, is_allowed: bool) -> None:
        assert can(scope(role), permission) is is_allowed

    def test_every_role_of_the_tables_has_its_permissions(self) -> None:
        assert set(PERMISSIONS) == set(Role.values)
        assert all(can(scope(role), Permission.VIEW_BOOKS) for role in Role.values)

    def test_an_auditor_changes_nothing(self) -> None:
        assert all(permission.startswith(("view_", "export")) for permission in PERMISSIONS["auditor"])

    def test_an_unknown_permission_is_a_bug_and_not_a_refusal(self) -> None:
        with pytest.raises(ValueError, match="fly"):
            can(scope("admin"), "fly")


class TestRows:
    def test_no_list_of_entities_means_all_of_them(self) -> None:
        assert covers_entity(scope(), 3)
        assert covers_entity(scope(entity_ids=(3, 4)), 3)
        assert not covers_entity(scope(entity_ids=(4,)), 3)

    def test_a_portfolio_holds_what_one_collects_or_sells(self) -> None:
        mine = scope(own_portfolio_only=True)
        assert covers_customer(mine, owner_ids=(7, None))
        assert covers_customer(mine, owner_ids=(None, 7))
        assert not covers_customer(mine, owner_ids=(8, None))
        assert covers_customer(replace(mine, stands_in_for=(8,)), owner_ids=(8, None))
        assert covers_customer(scope(), owner_ids=(8,))


class TestChain:
    def test_one_content_has_one_spelling(self) -> None:
        assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()

    def test_a_hash_holds_the_content_and_all_before_it(self) -> None:
        first = chain_hash(CHAIN_START, {"verb": "pay"})
        assert len(first) == 32
        assert first != chain_hash(CHAIN_START, {"verb": "pays"})
        assert chain_hash(first, {"verb": "pay"}) != first
        assert chain_hash(first, {"verb": "next"}) != chain_hash(CHAIN_START, {"verb": "next"})
