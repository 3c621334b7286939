"""What is kept of a run besides the answers of AWS: sources of Kubernetes and of files."""

import threading
from collections.abc import Mapping

from eksaminer.evidence.model import Source


class Store:
    """Keeps sources and what is stored of them; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: dict[str, Source] = {}
        self._answers: dict[str, bytes] = {}

    def keep(self, source: Source, stored: bytes) -> None:
        """Keep a source; empty *stored*: nothing is stored of it."""
        with self._lock:
            self._sources[source.id] = source
            if stored:
                self._answers[source.id] = stored

    @property
    def sources(self) -> Mapping[str, Source]:
        """The sources so far by id."""
        with self._lock:
            return dict(self._sources)

    @property
    def answers(self) -> Mapping[str, bytes]:
        """What is stored of them so far."""
        with self._lock:
            return dict(self._answers)
