"""Threads that end when the user or the clock says so."""

import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from eksaminer.collect import pool as pools
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.pool import Pool
from eksaminer.collect.progress import Silent
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator

from .collecting import NOW, Notes, everything, gaps, gate


def pool(**settings: Any) -> Pool:
    return Pool(gate(**settings), Silent())


def test_results_come_in_the_order_of_the_tasks(emulator: Emulator) -> None:
    def late(number: int) -> Callable[[], int]:
        def task() -> int:
            time.sleep(0.01 * (5 - number))
            return number * number

        return task

    found = pool().run({number: late(number) for number in range(5)}, str)

    assert list(found.items()) == [(number, number * number) for number in range(5)]


def test_no_task_is_nothing_to_do(emulator: Emulator) -> None:
    tasks: dict[int, Callable[[], int]] = {}

    assert pool().run(tasks, str) == {}


def test_the_first_error_in_order_is_raised_once_all_have_ended(emulator: Emulator) -> None:
    done: list[int] = []

    def task(number: int) -> Callable[[], None]:
        def run() -> None:
            done.append(number)
            if number:
                raise ValueError(str(number))

        return run

    with pytest.raises(ValueError, match="1"):
        pool().run({number: task(number) for number in range(4)}, str)

    assert sorted(done) == [0, 1, 2, 3]


def test_progress_hears_of_every_task(emulator: Emulator) -> None:
    notes = Notes()
    one = Pool(gate(), notes)

    one.run({"a": int, "b": int}, lambda key: f"read {key}")
    one.run({"c": int}, lambda key: f"read {key}")

    assert notes.totals == [2, 3]
    assert sorted(notes.steps) == ["read a", "read b", "read c"]


def test_a_task_that_hangs_is_abandoned_after_the_deadline(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "GRACE", 0.3)
    hanging = threading.Event()

    found = pool(deadline=0.0).run({"slow": hanging.wait, "quick": lambda: True}, str)

    hanging.set()
    assert found == {"quick": True}


def press_ctrl_c(notes: Notes) -> None:
    """Wait until all but one cluster are read."""
    while sum("/" in step for step in notes.steps) < 2:
        time.sleep(0.02)
    signal.raise_signal(signal.SIGINT)


def test_ctrl_c_keeps_what_was_read_and_says_of_the_rest_that_it_was_not(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "GRACE", 0.4)
    emulator.load(demo_account(NOW))
    emulator.hang("eks:DescribeCluster", matching="prod-good")
    notes = Notes()
    threading.Thread(target=press_ctrl_c, args=(notes,), daemon=True).start()
    request = CollectRequest(kubernetes="off", live_logs=False, run_id="0" * 12)

    collection = collect(request, (), clock=FixedClock(NOW), progress=notes)

    assert collection.info.interrupted
    seen = everything(collection)
    for facts in seen.values():
        # What CloudTrail no longer has, and cannot be asked for, is known without a call.
        assert {gap["cause"] for gap in gaps(facts)} <= {"error", "not_requested", "not_observable"}
    clusters = {key: facts for key, facts in seen.items() if key.endswith(" cluster")}
    assert [key for key, facts in clusters.items() if gaps(facts)] == ["111122223333/eu-central-1/prod-good cluster"]
    lost = seen["111122223333/eu-central-1/prod-good cluster"]
    assert lost["detail"] == "The run was interrupted before this was read."


def test_a_deadline_during_the_run_does_not_count_as_an_interruption(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "GRACE", 0.3)
    emulator.hang("eks:DescribeCluster")
    request = CollectRequest(kubernetes="off", live_logs=False, deadline=timedelta(seconds=10))

    class Leaping(FixedClock):
        """Leaps past the deadline as soon as the call that hangs has been made."""

        def monotonic(self) -> float:
            return 60.0 if "eks:DescribeCluster" in emulator.actions else 0.0

    collection = collect(request, (), clock=Leaping(NOW))

    assert not collection.info.interrupted
    causes = {gap["cause"] for facts in everything(collection).values() for gap in gaps(facts)}
    assert causes == {"timeout", "not_requested"}
