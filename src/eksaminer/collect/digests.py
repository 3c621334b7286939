"""The digest files among the files of CloudTrail: are the log files those that CloudTrail wrote?

The public keys are asked of AWS: keys that lie beside the files prove less.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from eksaminer.collect.areas import Sections
from eksaminer.collect.aws.reader import Reader
from eksaminer.collect.buckets import SCHEME
from eksaminer.collect.discovery import Discovery
from eksaminer.collect.gaps import attempt
from eksaminer.digests import (
    Chain,
    Folder,
    Item,
    NoKeysError,
    PublicKey,
    Verification,
    read_folder,
    read_keys,
    verify_read,
)
from eksaminer.evidence.model import Target
from eksaminer.evidence.trail_digests import MOST_DAMAGED, DamagedFile, DigestChain, TrailDigests
from eksaminer.gap import Cause, Gap
from eksaminer.outcome import Scope

UNVERIFIED = Gap(
    cause=Cause.NOT_OBSERVABLE,
    detail="None of the digests that were given could be verified: no public key that fits was found, or no signature, "
    "which stands in the digest after it and in the metadata of S3.",
)
OPERATION = "cloudtrail:ListPublicKeys"
NOT_GIVEN = Gap(
    cause=Cause.NOT_REQUESTED, detail="No folder with digest files of the region was given: --cloudtrail FOLDER."
)
DAY = timedelta(days=1)
"""A key is listed for the time in which it signed: a little more is asked for on either side."""
Keys = Mapping[str, PublicKey]


def read_digests(found: Discovery) -> dict[Target, Sections]:
    """Verify the folders of `--cloudtrail` by the digests in them; return sections by region.

    Raises:
        InputError: A folder cannot be read.
    """
    regions = [target for target in found.found if target.scope is Scope.REGION]
    paths = [Path(path) for path in found.request.cloudtrail if not path.startswith(SCHEME)]
    folders = [folder for folder in map(read_folder, filter(Path.is_dir, paths)) if folder.digests or folder.broken]
    if not folders:
        return {target: {TrailDigests.key: NOT_GIVEN} for target in regions}
    reader = Reader(found.aws, next(iter(found.regions), ""))
    keys = attempt(partial(_asked, reader, folders), "the public keys of CloudTrail")
    verified = [verify_read(folder, None if isinstance(keys, Gap) or not keys else keys) for folder in folders]
    unread = keys if isinstance(keys, Gap) else None
    return {target: {TrailDigests.key: _section(target, verified, unread, reader.sources)} for target in regions}


def _asked(reader: Reader, folders: Sequence[Folder]) -> Keys:
    """Return the keys of the times that the digests speak of, by home region of the trails. Raises `CallFailed`."""
    spans: dict[str, list[datetime]] = {}
    for folder in folders:
        for digest in folder.digests:
            spans.setdefault(digest.chain.home_region, []).extend((digest.start, digest.end))
    known = set(reader.aws.all_regions)
    keys: dict[str, PublicKey] = {}
    for region, times in sorted(spans.items()):
        if region in known:
            params = {"StartTime": min(times) - DAY, "EndTime": max(times) + DAY}
            keys.update(_read(reader.items(OPERATION, "PublicKeyList", params, region=region)))
    return keys


def _read(listed: Iterable[Mapping[str, Any]]) -> Keys:
    """Read the keys of an answer as those of a file are; one that is none is left out."""
    keys: dict[str, PublicKey] = {}
    for item in listed:
        value = item.get("Value", b"")
        text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        times = {name: item[name].isoformat() for name in ("ValidityStartTime", "ValidityEndTime") if item.get(name)}
        one = {"Value": text, "Fingerprint": str(item.get("Fingerprint", "")), **times}
        try:
            keys.update(read_keys(json.dumps({"PublicKeyList": [one]}).encode()))
        except NoKeysError:
            continue
    return keys


def _section(
    target: Target, verified: Sequence[Verification], unread: Gap | None, sources: tuple[str, ...]
) -> TrailDigests | Gap:
    chains = [chain for one in verified for chain in one.chains if _is_of(target, chain.account, chain.region)]
    items = [item for one in verified for item in one.items if _is_of(target, *_place(item))]
    if not chains and not any(item.kind == "digest" for item in items):
        return NOT_GIVEN
    damaged = [item for item in items if item.state in {"missing", "tampered", "gap"}]
    inside = any(one.keys_inside for one in verified)
    return TrailDigests(
        sources=sources,
        chains=tuple(map(_chain, chains)),
        logs_verified=sum(item.kind == "log" and item.state == "ok" for item in items),
        unproved=sum(item.state == "unverifiable" for item in items),
        damaged=tuple(map(_damaged, damaged[:MOST_DAMAGED])),
        damaged_found=len(damaged),
        tampered=sum(item.state == "tampered" for item in damaged),
        keys="folder" if inside else "aws" if any(one.keys for one in verified) else "none",
        keys_unread=unread,
        unverified=None if any(chain.verified for chain in chains) else unread or UNVERIFIED,
    )


def _is_of(target: Target, account: str, region: str) -> bool:
    return (account, region) == (target.account, target.region)


def _place(item: Item) -> tuple[str, str]:
    """Return account and region, which the name of each file of CloudTrail begins with."""
    account, _, region, *_ = [*(item.object or item.path).rpartition("/")[2].split("_"), "", ""]
    return account, region


def _chain(chain: Chain) -> DigestChain:
    return DigestChain(
        trail=chain.trail, since=chain.since, until=chain.until, digests=chain.digests, verified=chain.verified,
        logs=chain.logs,
    )  # fmt: skip


def _damaged(item: Item) -> DamagedFile:
    return DamagedFile(state=item.state, name=item.object or item.path, reason=item.reason)
