"""What `eksaminer verify` prints for people."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from eksaminer.digests import Item, Kind, State, Verification
from eksaminer.evidence.bundle import BundleState

SHOWN = 100
STATES: tuple[State, ...] = ("ok", "missing", "tampered", "gap", "unverifiable")
_KINDS: tuple[tuple[Kind, str], ...] = (("digest", "digest files"), ("log", "log files"), ("period", "periods"))
_INSIDE = (
    "The public keys were taken from the folder itself: who changed the files could have changed the keys. "
    "Save them elsewhere and name them with --keys."
)
_NO_KEYS = (
    "There are no public keys, so that no signature could be checked. Save them with "
    "`aws cloudtrail list-public-keys --region HOME --start-time TIME --end-time TIME` and name them with --keys."
)


def digests_text(found: Verification) -> str:
    """Return the chains, the number of files by state, and what is not as it was written."""
    parts = [_chains(found), _counts(found)]
    listed = [*found.mismatches, *found.unverifiable]
    if listed:
        parts.append("\n".join(_items(listed)))
    parts += [_NO_KEYS] if not found.keys else [_INSIDE] if found.keys_inside else []
    parts.append(_conclusion(found))
    return "\n\n".join(part for part in parts if part)


def _chains(found: Verification) -> str:
    rows = [
        (
            chain.account,
            chain.region,
            f"{chain.trail}{' (late files)' if chain.backfill else ''}",
            f"{chain.since:%Y-%m-%d %H:%M} to {chain.until:%Y-%m-%d %H:%M}",
            f"{chain.verified} of {chain.digests}",
            chain.logs,
        )
        for chain in found.chains
    ]
    headers = ("account", "region", "trail", "digests cover (UTC)", "signatures fit", "log files listed")
    return tabulate(rows, headers=headers, disable_numparse=True) if rows else "No digest file could be read."


def _counts(found: Verification) -> str:
    rows = [
        (words, *(found.count(kind, state) or "" for state in STATES))
        for kind, words in _KINDS
        if any(item.kind == kind for item in found.items)
    ]
    return tabulate(rows, headers=("", *STATES), disable_numparse=True)


def _items(items: Sequence[Item]) -> Iterator[str]:
    for item in items[:SHOWN]:
        yield f"{item.state}: {item.path or item.object}\n  {item.reason}"
    if len(items) > SHOWN:
        yield f"and {len(items) - SHOWN:,} more; --json lists all."


def _conclusion(found: Verification) -> str:
    if found.mismatches:
        return "Not as CloudTrail wrote it."
    if found.unverifiable:
        return "Nothing is wrong, but not everything could be proved."
    return "Everything is as CloudTrail wrote it."


def bundle_text(state: BundleState) -> str:
    """Return what is not as the manifest says."""
    lines = [f"{file.state}: {file.path}" for file in state.files if file.state != "ok"]
    if state.problem:
        lines.append(state.problem)
    intact = f"The bundle of the run {state.run} is intact: {len(state.files)} files, evidence {state.evidence_sha256}."
    unsigned = "The manifest is not signed: compare that digest with the one you were given."
    return "\n".join([*lines, f"{intact}\n{unsigned}" if state.intact else "The bundle is not as it was written."])
