"""Beat on a clock that is set back, beside Celery's own."""

from datetime import timedelta

import pytest
from celery import Celery
from celery.beat import PersistentScheduler
from django.utils import timezone

from paygate.beat import SteadyScheduler
from paygate.celery import app

HOURS = timedelta(hours=6)


@pytest.fixture
def sent_by(tmp_path, time_machine):
    """Start a scheduler with three tasks, a second each; return it and what it sends."""
    time_machine.move_to(timezone.now(), tick=False)
    sent: list[str] = []
    opened = []

    def start(scheduler_class: type[PersistentScheduler]) -> tuple[PersistentScheduler, list[str]]:
        celery = Celery("clock", set_as_current=False)
        celery.conf.beat_schedule = {name: {"task": name, "schedule": 1.0} for name in "abc"}
        scheduler = scheduler_class(celery, schedule_filename=str(tmp_path / "schedule"))
        scheduler.apply_entry = lambda entry, producer=None: sent.append(entry.task)
        opened.append(scheduler)
        return scheduler, sent

    yield start
    for scheduler in opened:
        scheduler.close()


def run(scheduler, time_machine, seconds: int) -> None:
    for _ in range(seconds):
        time_machine.shift(1)
        while scheduler.tick() == 0:
            pass


@pytest.mark.parametrize(("scheduler_class", "goes_on"), [(PersistentScheduler, False), (SteadyScheduler, True)])
def test_every_task_goes_on_after_the_clock_was_set_back(sent_by, time_machine, scheduler_class, goes_on):
    scheduler, sent = sent_by(scheduler_class)
    run(scheduler, time_machine, 3)
    assert set(sent) == {"a", "b", "c"}
    time_machine.shift(-HOURS)
    sent.clear()
    run(scheduler, time_machine, 3)
    assert (set(sent) == {"a", "b", "c"}) == goes_on
    assert len(sent) <= 9


@pytest.mark.parametrize(("scheduler_class", "goes_on"), [(PersistentScheduler, False), (SteadyScheduler, True)])
def test_what_was_written_down_by_a_clock_that_was_ahead_stops_nobody(sent_by, time_machine, scheduler_class, goes_on):
    time_machine.shift(HOURS)
    scheduler, sent = sent_by(scheduler_class)
    run(scheduler, time_machine, 2)
    scheduler.close()
    time_machine.shift(-HOURS)
    sent.clear()
    again, sent = sent_by(scheduler_class)
    run(again, time_machine, 3)
    assert (set(sent) == {"a", "b", "c"}) == goes_on


def test_the_worker_uses_it():
    assert app.conf.beat_scheduler == "paygate.beat:SteadyScheduler"
