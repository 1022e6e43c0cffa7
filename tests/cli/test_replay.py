"""`tallystick replay` and `tallystick demo`, on sample data and on data that somebody has touched."""

import json

import psycopg

from tests.cli.program import refused, report, run, spawned


def test_the_sample_verifies_and_is_rebuilt_and_looked_into(sample: str) -> None:
    place = ("--database-url", sample)
    done = run("replay", "verify", *place)
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAIL" not in done.stdout
    (verified,) = report("replay", "verify", *place)
    assert verified["whole"]
    (rebuilt,) = report("replay", "rebuild", "timeline", *place)
    assert rebuilt["projections"] == ["timeline"]
    account = report("replay", "at", f"position:{verified['position']}", "acme", *place)
    assert account["exists"]
    assert {each["feature_id"] for each in account["balances"]} >= {"messages", "seats"}
    known = report("replay", "at", account["now"], "acme", "--as-of", f"position:{verified['position']}", *place)
    assert known["balances"] == account["balances"]
    before = report("replay", "at", "position:1", "acme", *place)
    assert not before["exists"]
    with psycopg.connect(sample) as conn:
        actors = {row[0] for row in conn.execute("SELECT DISTINCT actor FROM events").fetchall()}
    assert {"product", "website", "clock"} <= actors


def test_a_row_that_somebody_touched_is_named_and_the_status_is_1(sample: str) -> None:
    with psycopg.connect(sample, autocommit=True) as conn:
        conn.execute("UPDATE claims SET value = 'acme-inc' WHERE kind = 'customer' AND value = 'acme'")
    done = spawned("replay", "verify", "--database-url", sample)
    assert done.returncode == 1
    assert "tallystick: main: " in done.stderr
    assert "acme" in done.stderr


def test_an_event_that_somebody_touched_breaks_the_chain(sample: str) -> None:
    with psycopg.connect(sample, autocommit=True) as conn:
        conn.execute("ALTER TABLE events DISABLE TRIGGER ALL")
        conn.execute("UPDATE events SET actor = 'nobody' WHERE position = 7")
    done = run("replay", "verify", "--json", "--database-url", sample)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert not found["whole"]
    assert "event 7 " in found["difference"]


def test_what_replay_cannot_do_is_a_sentence(sample: str) -> None:
    place = ("--database-url", sample)
    assert "no projection" in refused("replay", "rebuild", "nonsense", *place)
    assert "nobody" in refused("replay", "at", "position:5", "nobody", *place)
    assert "no moment" in refused("replay", "at", "yesterday", "acme", *place)
    assert "in use already" in refused("demo", *place)
