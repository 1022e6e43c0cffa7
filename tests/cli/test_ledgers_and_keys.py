"""Ledgers and keys from the command line, beside a running server."""

import json
import re
from pathlib import Path

from tests.cli.program import SECRET, refused, report, run, serving, spawned, until


def test_ledgers_are_made_listed_and_set(blank_database_url: str) -> None:
    place = ("--database-url", blank_database_url)
    report("ledgers", "create", "shop", "--timezone", "Europe/Berlin", "--currency", "eur", *place)
    report("ledgers", "create", "shop-live", "--env", "live", "--name", "Shop", *place)
    changed = report("ledgers", "set", "late_usage_days", "3", "--ledger", "shop", "--reason", "Auditors", *place)
    assert changed == [{"ledger": "shop", "setting": "late_usage_days", "value": 3}]
    assert report("ledgers", "set", "net_terms_days", "14", "--ledger", "shop", *place)[0]["value"] == 14
    assert report("ledgers", "set", "gateway", "manual", "--ledger", "shop", *place)[0]["value"] == "manual"
    shop, live = report("ledgers", "list", *place)
    assert (shop["gateway"], shop["net_terms_days"], shop["persist_free_overage"]) == ("manual", 14, False)
    assert (live["gateway"], live["net_terms_days"]) == ("manual", 30)
    assert (shop["ledger"], shop["env"], shop["currency"]) == ("shop", "sandbox", "eur")
    assert (shop["timezone"], shop["late_usage_days"], shop["events"]) == ("Europe/Berlin", 3, 4)
    assert (live["ledger"], live["env"], live["name"], live["late_usage_days"]) == ("shop-live", "live", "Shop", 7)


def test_what_ledgers_refuse_is_a_sentence(blank_database_url: str) -> None:
    place = ("--database-url", blank_database_url)
    run("ledgers", "create", "main", *place)
    assert "already" in refused("ledgers", "create", "main", *place)
    assert "cannot name a ledger" in refused("ledgers", "create", "No Such Name", *place)
    assert "IANA" in refused("ledgers", "set", "timezone", "Mars/Olympus", *place)
    assert "choose one of simulated, manual" in refused("ledgers", "set", "gateway", "cash", *place)
    assert "is not a setting" in refused("ledgers", "set", "colour", "red", *place)
    run("ledgers", "set", "books_closed_until", "2026-03-31", *place)
    assert "needs a reason: give it with --reason" in refused("ledgers", "set", "books_closed_until", "never", *place)
    assert "There is no ledger other" in refused("ledgers", "list", "--ledger", "other", *place)
    run("ledgers", "create", "second", *place)
    assert "say which with --ledger" in refused("ledgers", "set", "timezone", "UTC", *place)


def test_a_time_zone_that_is_none_makes_no_ledger(blank_database_url: str) -> None:
    place = ("--database-url", blank_database_url)
    assert "IANA" in refused("ledgers", "create", "main", "--timezone", "Mars/Olympus", *place)
    assert report("ledgers", "list", *place) == []


def test_a_key_made_beside_a_running_server_opens_it_as_far_as_its_role_reaches_until_it_is_revoked(
    database_url: str, tmp_path: Path
) -> None:
    place = ("--database-url", database_url)
    with serving(tmp_path / "log", *place) as server:
        secret = run("keys", "create", "--name", "billing", *place).stdout.strip()
        reading = run("keys", "create", "--name", "auditor", "--role", "read", *place).stdout.strip()
        assert secret.startswith("am_sk_test_")
        assert server.post("customers.get_or_create", {"customer_id": "acme"}, secret)[0] == 200
        assert server.post("customers.get_or_create", {"customer_id": "atlas"}, reading)[0] == 403
        (revoked,) = report("keys", "revoke", "billing", *place)
        assert revoked["revoked_at"] is not None
        assert until(lambda: server.post("customers.get", {"customer_id": "acme"}, secret)[0] == 401, 2)
        assert server.post("customers.get", {"customer_id": "acme"}, SECRET)[0] == 200
        assert server.stop() == 0


def test_keys_are_listed_with_their_roles_and_never_their_secrets(blank_database_url: str) -> None:
    place = ("--database-url", blank_database_url)
    run("ledgers", "create", "main", *place)
    (made,) = report("keys", "create", "--name", "auditor", "--role", "read", *place)
    listed = run("keys", "list", "--json", *place).stdout
    assert made["secret"] not in listed
    (key,) = json.loads(listed)
    assert (key["name"], key["role"], key["key"], key["revoked_at"]) == ("auditor", "read", made["key"], None)
    assert "no key nobody in use" in refused("keys", "revoke", "nobody", *place)
    assert "exists already" in refused("keys", "create", "--name", "auditor", *place)


def test_a_mistyped_directory_is_an_error_and_not_a_new_database(data_dir: Path) -> None:
    assert "There is no database" in refused("keys", "list", "--data", data_dir)
    assert not data_dir.exists()


def test_usage_errors_exit_with_2_and_help_names_every_command() -> None:
    assert run("ledgers", "create").returncode == 2
    assert spawned("no-such-command").returncode == 2
    shown = run("--help")
    assert shown.returncode == 0
    for command in ("serve", "worker", "ledgers", "keys", "catalog", "replay", "demo", "version"):
        assert f"  {command} " in shown.stdout


def test_users_are_added_changed_and_disabled(blank_database_url: str) -> None:
    place = ("--database-url", blank_database_url)
    run("ledgers", "create", "main", *place)
    added = run("users", "add", "anna", "--role", "admin", "--json", *place, said="correct horse battery\n")
    (anna,) = json.loads(added.stdout)
    assert (anna["name"], anna["role"], anna["disabled_at"]) == ("anna", "admin", None)
    assert "12 to 256 characters" in refused("users", "add", "ben", *place)
    assert "anna is the only admin" in refused("users", "disable", "anna", *place)
    assert "There is no user zoe" in refused("users", "role", "zoe", "viewer", *place)
    link = run("users", "link", "anna", "--url", "https://billing.example/", *place).stdout
    assert re.fullmatch(r"https://billing\.example/sign-in/[\w-]{43}\n", link)
    assert [each["name"] for each in report("users", "list", *place)] == ["anna"]
