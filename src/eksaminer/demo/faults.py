"""What the emulator can be told to do wrong: refuse, delay, hang, cut the connection, answer nonsense."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock

from eksaminer.demo.wire import AwsError, Call


@dataclass(frozen=True, kw_only=True)
class Delay:
    """The answer comes late."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Hang:
    """No answer comes until the emulator is reset or stopped."""


@dataclass(frozen=True, kw_only=True)
class Drop:
    """The connection is cut."""


@dataclass(frozen=True, kw_only=True)
class Garble:
    """The answer has status 200 and is not what its protocol says."""

    body: bytes


@dataclass(frozen=True, kw_only=True)
class Refuse:
    """The answer is an error."""

    problem: Callable[[Call], AwsError]


Effect = Delay | Hang | Drop | Garble | Refuse


@dataclass(kw_only=True)
class Fault:
    """What happens to the calls that fit."""

    operation: str
    """A pattern over IAM actions: `eks:DescribeCluster`, `logs:*`, `*`."""
    region: str = ""
    """Empty: every region."""
    matching: str = ""
    """A part of the parameters as canonical JSON. Empty: whatever is asked."""
    effect: Effect
    after: int = 0
    """How many calls that fit pass unharmed first."""
    times: int | None = None
    """How many calls it meets then. None: all."""

    def fits(self, call: Call) -> bool:
        """Whether *call* is meant."""
        return (
            fnmatchcase(call.action.lower(), self.operation.lower())
            and self.region in ("", call.region)
            and self.matching in call.parameter_text
        )

    def spend(self) -> bool:
        """Count one call that fits; return whether the fault meets it."""
        if self.after:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Put *fault* in force; it goes before those that are."""
        with self._lock:
            self._faults.insert(0, fault)

    def clear(self) -> None:
        """Lift all faults."""
        with self._lock:
            self._faults.clear()

    def met_by(self, call: Call) -> list[Effect]:
        """Return the delays that *call* meets, and after them the first other effect, if any."""
        delays: list[Effect] = []
        with self._lock:
            for fault in self._faults:
                if not fault.fits(call) or not fault.spend():
                    continue
                delays.append(fault.effect)
                if not isinstance(fault.effect, Delay):
                    break
        return delays
