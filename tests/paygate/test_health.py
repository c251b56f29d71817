from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from paygate import health
from paygate.celery import BEAT_SCHEDULE
from payments import heartbeat
from payments.models import Heartbeat, NoticeKind
from payments.notices import raise_notice
from payments.tasks import sweep


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """No test knows what an earlier one has seen."""
    monkeypatch.setattr(heartbeat, "_written", {})
    monkeypatch.setattr(health, "_migrated", False)


@pytest.fixture
def everybody_sweeps(db):
    for entry in BEAT_SCHEDULE.values():
        heartbeat.beat(entry["task"])


def test_healthz_says_that_the_process_answers_and_asks_nobody(client):
    assert client.get("/healthz").json() == {"ok": True}
    assert client.post("/healthz").status_code == 405


def test_readyz_is_content_while_everything_sweeps(client, everybody_sweeps):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "degraded": False, "problems": []})


def test_a_worker_that_never_ran_makes_it_degraded_and_not_down(client, db):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["degraded"] is True
    frequent = [entry for entry in BEAT_SCHEDULE.values() if entry["schedule"] <= 120]
    assert len(response.json()["problems"]) == len(frequent)
    assert "payments.tasks.sweep has not run yet" in " ".join(response.json()["problems"])


def test_a_sweep_that_stopped_is_named_with_its_age(client, everybody_sweeps, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    Heartbeat.objects.filter(task=sweep.name).update(beat_at=timezone.now() - timedelta(minutes=3))
    problems = client.get("/readyz").json()["problems"]
    assert len(problems) == 1
    assert problems[0].startswith("The background task payments.tasks.sweep last ran 180 s ago.")


def test_a_silent_channel_makes_it_degraded(client, everybody_sweeps):
    raise_notice(kind=NoticeKind.CHANNEL_SILENT, key="7", subject="Alert channel “Counter” is silent", text="…")
    raise_notice(kind=NoticeKind.REVERSAL, key="8", subject="₹99.37 was taken back", text="…")
    answer = {"ok": True, "degraded": True, "problems": ["Alert channel “Counter” is silent"]}
    assert client.get("/readyz").json() == answer


def test_a_slow_task_may_be_slow(db):
    hourly, secondly = ({"a": each} for each in (3600.0, 1.0))
    assert (heartbeat.stale(hourly), heartbeat.stale(secondly)) == ({}, {"a": None})
    heartbeat.beat("a")
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(hours=3))
    assert not heartbeat.stale(hourly)
    assert 10_799 < heartbeat.stale(secondly)["a"] < 10_801


def test_a_database_that_does_not_answer_is_503(client, db, monkeypatch):
    def unreachable():
        raise DatabaseError

    monkeypatch.setattr(health, "readiness", unreachable)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ok"]) == (503, False)


def test_a_database_without_its_migrations_is_503(client, db):
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    last = MigrationLoader(connection).graph.leaf_nodes("payments")[0]
    MigrationRecorder(connection).record_unapplied(*last)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["problems"]) == (503, ["The database lacks migrations."])


def test_a_task_that_ends_well_beats_and_one_that_fails_does_not(db, monkeypatch):
    sweep.apply(throw=True)
    assert [beat.task for beat in Heartbeat.objects.all()] == [sweep.name]

    Heartbeat.objects.all().delete()
    monkeypatch.setattr(heartbeat, "_written", {})
    monkeypatch.setattr("payments.services.expire_due_sessions", lambda: 1 / 0)
    sweep.apply()
    assert not Heartbeat.objects.exists()


def test_beats_are_written_every_ten_seconds_at_most(db, time_machine, django_assert_num_queries):
    time_machine.move_to("2026-04-14T01:05:00Z", tick=False)
    heartbeat.beat("a")
    time_machine.move_to("2026-04-14T01:05:09Z", tick=False)
    with django_assert_num_queries(0):
        heartbeat.beat("a")
    time_machine.move_to("2026-04-14T01:05:10Z", tick=False)
    heartbeat.beat("a")
    assert Heartbeat.objects.get().beat_at.second == 10
