"""What a run judges by, made ready and checked before anything is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from eksaminer import config as configuration
from eksaminer.assess import Selection
from eksaminer.cli.console import Console
from eksaminer.cli.options import Configured, Judging
from eksaminer.config import Config
from eksaminer.cost import parse_prices
from eksaminer.criteria import Criteria
from eksaminer.errors import UsageError
from eksaminer.gate import Gate
from eksaminer.registry import DuplicateCheckError, Loaded, load_checks

MOST_SAID = 10
"""Rules that cannot be used, and log sources, that are named on the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Configuration and checks."""

    config: Config
    loaded: Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench(Setup):
    """What it takes to judge."""

    selection: Selection
    gate: Gate


def ready(given: Configured, console: Console) -> Setup:
    """Read configuration and checks. Raises `UsageError` for what cannot be used."""
    path = configuration.find(given.config, Path.cwd())
    config = configuration.load(path)
    if path is not None and given.config is None:
        console.note(f"Configuration: {path.name} of this folder.")
    loaded = loaded_checks(given.rules, console)
    names = names_of(loaded)
    lists = [*(rule.id for rule in loaded.rules), *(check.id for check in loaded.checks if check.allow)]
    lists += [item.rule for item in loaded.errors]
    configuration.check_names(config, names, lists)
    return equipped(config, loaded)


def equipped(config: Config, loaded: Loaded) -> Setup:
    """Return both, with the actors that the packs themselves expect among the criteria."""
    criteria = msgspec.structs.replace(config.criteria, expected=dict(loaded.expected))
    return Setup(config=msgspec.structs.replace(config, criteria=criteria), loaded=loaded)


def names_of(loaded: Loaded) -> list[str]:
    """Return the ids of the checks, and of their parts (`LOG-02.api`)."""
    return [name for check in loaded.checks for name in (check.id, *(f"{check.id}.{part}" for part in check.levels))]


def bench(setup: Setup, judging: Judging) -> Bench:
    """Add what is judged, and what makes the run fail. Raises `UsageError`."""
    ids = [check.id for check in setup.loaded.checks]
    _matching(judging.checks, ids, "--checks")
    _matching(judging.skip_checks, ids, "--skip-checks")
    gate = configuration.gate(
        setup.config,
        fail_on=judging.fail_on,
        checks=judging.gate,
        allow_incomplete=judging.allow_incomplete or None,
    )
    config = msgspec.structs.replace(setup.config, criteria=_criteria(setup.config, judging))
    if judging.waivers is not None:
        config = configuration.with_waivers(config, judging.waivers)
    configuration.check_waivers(config, names_of(setup.loaded))
    selection = Selection(only=judging.checks, skip=judging.skip_checks)
    if not any(selection.takes(name) for name in ids):
        raise UsageError("No check is left to run.", "Change --checks or --skip-checks.")
    return Bench(config=config, loaded=setup.loaded, selection=selection, gate=gate)


def _criteria(config: Config, judging: Judging) -> Criteria:
    """Return the criteria with what the flags change. Raises `UsageError`."""
    criteria = config.criteria
    if judging.framework:
        criteria = configuration.with_framework(criteria, judging.framework)
    if judging.prices is not None:
        prices = parse_prices(_text(judging.prices), judging.prices.name)
        criteria = msgspec.structs.replace(criteria, prices=prices)
    if criteria.monthly_budget is not None or criteria.monthly_budget_per_cluster is not None:
        for sheet in criteria.prices:
            if sheet.currency != criteria.budget_currency:
                raise UsageError(
                    f"The prices of {sheet.region} are in {sheet.currency}, the budget in {criteria.budget_currency}.",
                    "Write both in one currency: criteria.budget_currency says which.",
                )
    return criteria


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(configuration.MAX_BYTES + 1)
        if len(data) > configuration.MAX_BYTES:
            raise UsageError(f"{path} is larger than {configuration.MAX_BYTES // 2**20} MiB: refused.")
        return data.decode()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", "Name the file with --prices.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start}).") from error


def loaded_checks(folders: Iterable[Path], console: Console) -> Loaded:
    """Load the checks of all packs and the rules in *folders*; say which rules cannot be used. Raises `UsageError`."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--rules {folder} is not a folder.", "Name a folder with Sigma files (.yml).")
    try:
        loaded = load_checks(tuple(folders))
    except DuplicateCheckError as error:
        raise UsageError(f"The checks cannot be loaded: {error}.", "Change the id in the folder of --rules.") from error
    for problem in loaded.errors[:MOST_SAID]:
        console.warn(f"A rule cannot be used, and the others run: {problem}")
    if len(loaded.errors) > MOST_SAID:
        console.warn(f"Further rules that cannot be used: {len(loaded.errors) - MOST_SAID:,}.")
    if loaded.left_out:
        console.note(_left_out(loaded.left_out))
    return loaded


def _left_out(sources: Mapping[str, int]) -> str:
    shown = [f"{source} {count:,}" for source, count in list(sources.items())[:MOST_SAID]]
    more = f", and {len(sources) - MOST_SAID:,} more log sources" if len(sources) > MOST_SAID else ""
    return (
        f"Files left out, being no rules for the logs read here: {sum(sources.values()):,} ({', '.join(shown)}{more})."
    )


def _matching(patterns: Iterable[str], ids: list[str], option: str) -> None:
    for pattern in patterns:
        if not any(Selection(only=(pattern,)).takes(name) for name in ids):
            raise UsageError(
                f"{option}: no check matches {pattern!r}.",
                configuration.suggestion(pattern, ids) or "`eksaminer checks` lists them.",
            )
