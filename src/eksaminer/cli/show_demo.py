"""The demonstration itself: the emulator, the recorded objects, and the real audit."""

from contextlib import chdir
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from eksaminer.cli.conclude import DEMO, conclude
from eksaminer.cli.console import Console
from eksaminer.cli.formats import chosen
from eksaminer.cli.options import Judging, Output
from eksaminer.cli.perform import collected
from eksaminer.cli.rundir import RunDirectory
from eksaminer.cli.seal import Seal
from eksaminer.cli.setup import Bench, bench, equipped, loaded_checks
from eksaminer.cli.times import Moment, resolved
from eksaminer.collect.clock import Clock, FixedClock, SystemClock
from eksaminer.collect.request import CollectRequest
from eksaminer.config import Config
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import pointed_at, start_emulator
from eksaminer.demo.recording import unpack_cluster_objects
from eksaminer.evidence.collection import Collection
from eksaminer.gate import INTERRUPTED, OK
from eksaminer.record import digest
from eksaminer.render.translate import DEMO as DEMO_OPTION

RUN_DIGITS = 12
SECOND = timedelta(seconds=1)
SCANNED_GB = 100.0
"""Enough for what the demonstration shows of log types and causes: what the emulator scans costs nothing."""
JUDGING = Judging(
    checks=(), skip_checks=(), framework="", prices=None, waivers=None, gate=None, fail_on=None, allow_incomplete=False
)


def show(output: Path, console: Console, now: Moment | None, languages: tuple[str, ...] = ()) -> int:
    """Audit the emulated account into *output*, and return the exit code.

    Args:
        output: The run directory; a former demo is replaced.
        console: Prints.
        now: The time it shall be; None: the time it is, and a random run id.
        languages: Of the reports; none: English.
    """
    real = SystemClock()
    moment = _whole_second(resolved(now, real.now()) if now is not None else real.now())
    clock = FixedClock(moment) if now is not None else real
    setup = bench(equipped(Config(), loaded_checks((), console)), JUDGING)
    formats = chosen(Output(output=output, formats=(), languages=languages, quiet=console.quiet), setup.config, console)
    with RunDirectory(output, "", replace_command=DEMO) as directory:
        collection = _collected(setup, console, clock, moment, fixed=now is not None)
        code = conclude(collection, setup, formats, directory, console, seal=Seal(), command=DEMO, as_json=False)
    return code if code == INTERRUPTED else OK


def _collected(setup: Bench, console: Console, clock: Clock, moment: datetime, *, fixed: bool) -> Collection:
    """Read the emulated account, from a folder of its own: the evidence shall not name places of this machine."""
    with (
        TemporaryDirectory(prefix="eksaminer-demo-") as folder,
        start_emulator(demo_account(moment), moment) as emulator,
        pointed_at(emulator.url),
        chdir(folder),
    ):
        objects = unpack_cluster_objects(Path("objects"))
        request = CollectRequest(
            kubernetes_dumps=tuple(f"{cluster}={place}" for cluster, place in sorted(objects.items())),
            log_types=True,
            max_scan_gb=SCANNED_GB,
            options=((DEMO_OPTION, "an emulated account"),),
            run_id=digest(["demo", moment])[:RUN_DIGITS] if fixed else "",
        )
        return collected(request, setup, console, clock)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
