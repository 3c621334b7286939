"""Which digests are CloudTrail's own. Each carries the signature of the one before it; its own is S3 metadata."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from eksaminer.digests.document import Digest, Previous, base_name
from eksaminer.digests.keys import KeyRing
from eksaminer.digests.result import Chain, Item

Trust = Literal["ok", "tampered", "unverifiable"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a digest is CloudTrail's, and if not, why."""

    trust: Trust
    reason: str = ""


OK = Standing("ok")
CHANGED = Standing("tampered", "It was changed: the signature of CloudTrail does not fit it.")
LINK_CHANGED = Standing("tampered", "It was changed: what it says of the digest before it is not so.")


def judge_digests(digests: Sequence[Digest], signatures: Mapping[str, str], ring: KeyRing) -> dict[str, Standing]:
    """Return the standing of each digest by its path.

    Args:
        digests: All that were read.
        signatures: Signatures from S3 metadata, by path.
        ring: The saved public keys.
    """
    followers: dict[str, list[Digest]] = {}
    for digest in digests:
        if digest.previous is not None:
            followers.setdefault(digest.previous.object, []).append(digest)
    standings: dict[str, Standing] = {}
    # The newest first: what speaks for a digest is judged before it.
    for digest in sorted(digests, key=lambda digest: (digest.end, digest.path), reverse=True):
        links = [(later, later.previous) for later in followers.get(digest.object, ()) if later.previous is not None]
        standings[digest.path] = _judged(digest, links, signatures.get(digest.path, ""), ring, standings)
    return standings


def _judged(
    digest: Digest,
    links: list[tuple[Digest, Previous]],
    own: str,
    ring: KeyRing,
    standings: dict[str, Standing],
) -> Standing:
    """Judge a digest by its own signature and those that later digests carry; mark a later one that lies."""
    problem = ring.problem(digest)
    if problem:
        if any(link.sha256 != digest.sha256 for _, link in links):
            return Standing("tampered", "It, or the digest after it, was changed: that one names another SHA-256.")
        return Standing("unverifiable", f"Its signature cannot be checked: {problem}.")
    fitting = {later.path: ring.fits(digest, [link.signature]) for later, link in links}
    own_fits = bool(own) and ring.fits(digest, [own])
    authentic = own_fits or any(fitting.values())
    for later, link in links:
        lies = not fitting[later.path] or link.sha256 != digest.sha256
        as_it_is = authentic or link.sha256 == digest.sha256
        if lies and as_it_is and _standing(standings, later).trust == "unverifiable":
            standings[later.path] = LINK_CHANGED
    if authentic:
        return OK
    return _not_authentic(links, own, standings)


def _not_authentic(links: list[tuple[Digest, Previous]], own: str, standings: dict[str, Standing]) -> Standing:
    """Say why no signature fits: the digest was changed, or there is none that can be believed."""
    if own or any(_standing(standings, later).trust != "tampered" for later, _ in links):
        return CHANGED
    if links:
        return Standing("unverifiable", "The digest after it, which carries its signature, was changed.")
    return Standing(
        "unverifiable",
        "Its own signature is not here: it is S3 metadata, or stands in the digest after it.",
    )


def _standing(standings: Mapping[str, Standing], digest: Digest) -> Standing:
    """Return the standing of a digest; one that claims to follow a later one has none yet."""
    return standings.get(digest.path, CHANGED)


def judge_order(digests: Sequence[Digest], named: set[str]) -> Iterator[Item]:
    """Yield what is missing between the digests of each chain.

    Args:
        digests: All that were read.
        named: Base names of all digest files that are there, readable or not.
    """
    for chain in by_chain(digests).values():
        for older, newer in pairwise(chain):
            if older.object == newer.object:
                continue
            yield from _between(older, newer, named)


def _between(older: Digest, newer: Digest, named: set[str]) -> Iterator[Item]:
    span = f"{older.end:%Y-%m-%d %H:%M:%S} to {newer.start:%Y-%m-%d %H:%M:%S} UTC"
    if newer.previous is None:
        reason = f"No digests from {span}: validation or logging was stopped and started again."
        yield Item(kind="period", state="gap", path=newer.path, object=newer.object, reason=reason)
    elif base_name(newer.previous.object) not in named and newer.previous.object != older.object:
        reason = f"The digest after it names it, and it is not here; no digest covers {span}."
        yield Item(kind="digest", state="missing", path="", object=newer.previous.object, reason=reason)
    elif newer.previous.object == older.object and newer.start > older.end:
        reason = f"No digest covers {span}."
        yield Item(kind="period", state="gap", path=newer.path, object=newer.object, reason=reason)


def by_chain(digests: Sequence[Digest]) -> dict[object, list[Digest]]:
    """Return the digests of each chain in order of time."""
    chains: dict[object, list[Digest]] = {}
    for digest in sorted(digests, key=lambda digest: (digest.chain, digest.end, digest.path)):
        chains.setdefault(digest.chain, []).append(digest)
    return chains


def describe(digests: Sequence[Digest], standings: Mapping[str, Standing]) -> Iterator[Chain]:
    """Yield what is said of each chain as a whole."""
    for members in by_chain(digests).values():
        account, region, trail, home, backfill = members[0].chain
        yield Chain(
            account=account,
            region=region,
            trail=trail,
            home_region=home,
            backfill=backfill,
            since=min(digest.start for digest in members),
            until=max(digest.end for digest in members),
            digests=len(members),
            verified=sum(standings[digest.path].trust == "ok" for digest in members),
            logs=len({log.object for digest in members for log in digest.logs}),
        )
