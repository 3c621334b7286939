"""What `eksaminer verify` prints for people."""

from collections.abc import Iterator, Sequence

from tabulate import tabulate

from eksaminer.cli.judge_again import Difference
from eksaminer.cli.verify_run import RunState
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


def run_text(state: RunState) -> str:
    """Return what of a run is as it was written, what is not, and what could not be proved."""
    lines = [f"{file.state}: {file.path}" for file in state.files if file.state != "ok"]
    lines += state.problems
    if not lines:
        lines.append(f"All {len(state.files)} files of the run {state.run or '(nothing was assessed)'} are as listed.")
    lines += [_signed(state), *_linked(state), *_judged(state)]
    if state.mismatches:
        lines.append("The run is not as it was written.")
    elif state.unproved:
        lines.append("Nothing is wrong, but not everything could be proved.")
    else:
        lines.append("The run is as it was written.")
    return "\n".join(lines)


def _signed(state: RunState) -> str:
    found = state.signature
    by = f"{found.key} ({found.algorithm}), {found.signed_at} by the clock of the signer"
    match found.state:
        case "valid":
            return f"Signed with the key that you trust: {by}."
        case "unchecked":
            return f"It says that it is signed by {by}. That was not checked: name the key that you trust with --key."
        case "other_key":
            return f"The signature is not one of the key that you trust. The attestation names {by}."
        case "other_files":
            return f"The signature is over other files than these: {found.detail}."
        case "unreadable":
            return f"The attestation cannot be used: {found.detail}."
        case "absent":
            digest = state.manifest_sha256
            return f"Not signed. The manifest has the SHA-256 {digest}: compare it with the one you were given."


def _linked(state: RunState) -> Iterator[str]:
    link = state.link
    named = "" if link.previous is None else f"the run {link.previous.run} of {link.previous.as_of:%Y-%m-%d}"
    match link.state:
        case "ok":
            yield f"It follows {named}, which is the one given."
        case "unchecked":
            yield f"It says that it follows {named}: give that with --previous to have it compared."
        case "other_run":
            yield f"It follows {named}, and the one given is another, or was changed: its manifest is {link.found}."
        case "not_named":
            yield "A run before this one was given, and this one names none."
        case "none":
            pass


def _judged(state: RunState) -> Iterator[str]:
    judged = state.judged
    match judged.state:
        case "same":
            yield f"Judged again, the evidence gives the same {judged.findings:,} findings."
        case "different":
            yield "Judged again, the evidence does not give what the assessment says."
        case "another_version":
            yield f"It was judged by another version: {judged.detail}."
            if not judged.differences:
                yield f"Judged again by this one, the {judged.findings:,} findings have the same statuses."
        case "not_judged":
            yield f"It was not judged again: {judged.detail}."
        case "nothing":
            yield "The run judged nothing: it holds evidence alone."
    yield from (_difference(item) for item in judged.differences[:SHOWN])
    if len(judged.differences) > SHOWN:
        yield f"and {len(judged.differences) - SHOWN:,} more; --json lists all."
    if judged.parts:
        yield f"These parts of assessment.json differ: {', '.join(judged.parts)}."


def _difference(item: Difference) -> str:
    where = f"  {item.check} {item.resource}:"
    if item.kind == "new":
        return f"{where} the evidence gives {item.again}, and the assessment says nothing."
    if item.kind == "missing":
        return f"{where} the assessment says {item.stored}, and the evidence does not give that."
    if item.stored == item.again:
        return f"{where} {item.stored}, with other details."
    return f"{where} the assessment says {item.stored}, and the evidence gives {item.again}."
