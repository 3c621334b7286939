"""The demonstration itself: the emulator, the recorded objects, and the real audit."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from eksaminer.cli.conclude import DEMO
from eksaminer.cli.console import Console
from eksaminer.cli.formats import chosen
from eksaminer.cli.options import Configured, Judging, Output
from eksaminer.cli.perform import audit
from eksaminer.cli.setup import bench, ready
from eksaminer.cli.times import Moment, resolved
from eksaminer.collect.clock import FixedClock, SystemClock
from eksaminer.collect.request import CollectRequest
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import pointed_at, start_emulator
from eksaminer.demo.recording import unpack_cluster_objects
from eksaminer.gate import INTERRUPTED, OK
from eksaminer.record import digest

RUN_DIGITS = 12
SECOND = timedelta(seconds=1)
JUDGING = Judging(checks=(), skip_checks=(), gate=None, fail_on=None, allow_incomplete=False)


def show(output: Path, console: Console, now: Moment | None) -> int:
    """Audit the emulated account into *output*, and return the exit code.

    Args:
        output: The run directory; a former demo is replaced.
        console: Prints.
        now: The time it shall be; None: the time it is, and a random run id.
    """
    real = SystemClock()
    moment = _whole_second(resolved(now, real.now()) if now is not None else real.now())
    clock = FixedClock(moment) if now is not None else real
    setup = bench(ready(Configured(config=None, rules=()), console), JUDGING)
    formats = chosen(Output(output=output, formats=(), quiet=console.quiet), setup.config, console)
    with (
        TemporaryDirectory(prefix="eksaminer-demo-") as folder,
        start_emulator(demo_account(moment), moment) as emulator,
        pointed_at(emulator.url),
    ):
        request = _request(unpack_cluster_objects(Path(folder)), moment if now is not None else None)
        code = audit(request, setup, formats, output, console, clock=clock, command=DEMO)
    return code if code == INTERRUPTED else OK


def _request(objects: dict[str, Path], fixed: datetime | None) -> CollectRequest:
    return CollectRequest(
        kubernetes_dumps=tuple(f"{cluster}={folder}" for cluster, folder in sorted(objects.items())),
        run_id=digest(["demo", fixed])[:RUN_DIGITS] if fixed is not None else "",
    )


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
