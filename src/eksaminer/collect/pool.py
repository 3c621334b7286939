"""Threads that can be abandoned: Ctrl-C and the deadline do not wait for an answer that may never come."""

import queue
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar

from eksaminer.collect.progress import Progress
from eksaminer.collect.session import Aws

K = TypeVar("K")
V = TypeVar("V")

WORKERS = 32
TICK = 0.2
"""Seconds between two looks at whether the run was stopped."""
GRACE = 3.0
"""Seconds that calls under way get to finish once the run was stopped."""


class Pool:
    """Runs tasks for one run."""

    def __init__(self, aws: Aws, progress: Progress) -> None:
        self._aws = aws
        self._progress = progress
        self._total = 0
        self.interrupted = False
        """The user pressed Ctrl-C."""

    def run(
        self, tasks: Mapping[K, Callable[[], V]], label: Callable[[K], str], *, workers: int = WORKERS
    ) -> dict[K, V]:
        """Run *tasks* and return their results by key; what was abandoned is missing.

        After Ctrl-C the remaining tasks still run, but the gate lets no call pass: they give gaps at once.
        The first error of a task is raised once all have ended.
        """
        if not tasks:
            return {}
        self._total += len(tasks)
        self._progress.started(self._total)
        batch = _Batch(tasks)
        batch.start(min(workers, len(tasks)))
        waited = 0.0
        told = 0
        while waited < GRACE and not batch.finished:
            try:
                batch.wait(TICK)
                told = self._tell(batch, told, label)
            except KeyboardInterrupt:
                self.interrupted = True
                self._aws.stop()
            waited = waited + TICK if self._aws.stopped else 0.0
        self._tell(batch, told, label)
        return batch.results()

    def _tell(self, batch: "_Batch[K, V]", told: int, label: Callable[[K], str]) -> int:
        done = batch.done()
        for key in done[told:]:
            self._progress.step(label(key))
        return len(done)


class _Batch(Generic[K, V]):
    def __init__(self, tasks: Mapping[K, Callable[[], V]]) -> None:
        self._open: queue.SimpleQueue[tuple[K, Callable[[], V]]] = queue.SimpleQueue()
        for item in tasks.items():
            self._open.put(item)
        self._order = list(tasks)
        self._changed = threading.Condition()
        self._results: dict[K, V] = {}
        self._errors: dict[K, BaseException] = {}
        self._done: list[K] = []

    def start(self, workers: int) -> None:
        for _ in range(workers):
            threading.Thread(target=self._work, daemon=True).start()

    @property
    def finished(self) -> bool:
        return len(self._done) == len(self._order)

    def wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.finished, seconds)

    def done(self) -> list[K]:
        with self._changed:
            return list(self._done)

    def results(self) -> dict[K, V]:
        with self._changed:
            for key in self._order:
                if key in self._errors:
                    raise self._errors[key]
            return {key: self._results[key] for key in self._order if key in self._results}

    def _work(self) -> None:
        while True:
            try:
                key, task = self._open.get_nowait()
            except queue.Empty:
                return
            with _Carried() as carried:
                self._results[key] = task()
            with self._changed:
                if carried.error is not None:
                    self._errors[key] = carried.error
                self._done.append(key)
                self._changed.notify_all()


class _Carried:
    """Keeps an error of a worker for the thread that waits, which raises it."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True
