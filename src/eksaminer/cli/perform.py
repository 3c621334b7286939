"""The main job: collect, and go on with what was collected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eksaminer.cli.conclude import RUN_DIGITS, conclude, cures
from eksaminer.cli.console import Console, printable
from eksaminer.cli.rundir import RunDirectory, default_name
from eksaminer.cli.seal import Seal
from eksaminer.cli.setup import Bench, Setup
from eksaminer.collect.clock import Clock
from eksaminer.collect.request import CollectRequest
from eksaminer.collect.run import collect
from eksaminer.evidence import bundle
from eksaminer.evidence.collection import Collection
from eksaminer.gap import Cause
from eksaminer.gate import INTERRUPTED
from eksaminer.record import plain
from eksaminer.render import Format
from eksaminer.rule_check import asked_for


def audit(
    request: CollectRequest,
    bench: Bench,
    formats: Sequence[Format],
    output: Path | None,
    console: Console,
    *,
    seal: Seal,
    clock: Clock,
    as_json: bool,
) -> int:
    """Collect, judge, write the run directory, and return the exit code."""
    with RunDirectory(output, default_name(clock.now())) as directory:
        collection = collected(request, bench, console, clock)
        return conclude(collection, bench, formats, directory, console, seal=seal, command="audit", as_json=as_json)


def collect_only(request: CollectRequest, setup: Setup, output: Path | None, console: Console, *, clock: Clock) -> int:
    """Collect, write the bundle, and return the exit code."""
    place = output or Path(f"{default_name(clock.now())}.zip")
    bundle.check_place(place)
    collection = collected(request, setup, console, clock)
    if output is None:
        place = Path(f"{default_name(clock.now())}-{collection.info.id[:RUN_DIGITS]}.zip")
    bundle.save(collection, place)
    for line in cures(_denied(collection)):
        console.say(printable(line))
    if collection.info.interrupted:
        console.warn(f"Interrupted. What was collected until then is in {place}.")
        return INTERRUPTED
    console.say(printable(f"Written to {place}. Judge it with: eksaminer assess {place}"))
    return 0


def collected(request: CollectRequest, setup: Setup, console: Console, clock: Clock) -> Collection:
    """Collect, and show how far it is."""
    with console.progress() as progress:
        rules = asked_for(setup.loaded.rules, setup.config.criteria)
        return collect(request, rules, clock=clock, progress=progress)


def _denied(collection: Collection) -> set[str]:
    """Return the permissions whose lack made a gap, anywhere in the evidence."""
    found: set[str] = set()
    pending: list[Any] = [plain(list(item.sections.values())) for item in collection.evidence.values()]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            gap: dict[str, Any] = value
            if gap.get("is") == "gap" and gap["cause"] == Cause.DENIED:
                found.add(gap["permission"])
            pending.extend(gap.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found
