"""Verify a folder: the digests by their signatures, the log files by the digests."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from eksaminer.digests.chain import Standing, describe, judge_digests, judge_order
from eksaminer.digests.document import HASHED_WITH, Digest, Listed, base_name
from eksaminer.digests.folder import Folder, UnreadableError, log_sha256, read_folder, read_small
from eksaminer.digests.keys import KeyRing, NoKeysError, PublicKey, read_keys
from eksaminer.digests.result import Item, State, Verification
from eksaminer.errors import InputError

UNLISTED = "No digest here lists it: it was added, or its digest is not here or not written yet."


def verify_folder(root: Path, key_files: Sequence[Path] = ()) -> Verification:
    """Say of each CloudTrail file below *root* whether it is as CloudTrail wrote it. Nothing is asked of AWS.

    Args:
        root: A folder of log files and digest files, at any depth. A file is found by its name, never by a path that
            a digest names. `NAME.metadata.json` beside a digest, as `aws s3api head-object` prints it, gives the
            digest's own signature.
        key_files: What `aws cloudtrail list-public-keys` printed; without any, such files in the folder itself.

    Raises:
        InputError: the folder or a key file cannot be read, or there is no CloudTrail file in the folder.
    """
    folder = read_folder(root)
    if not (folder.digests or folder.broken or folder.logs):
        raise InputError(f"{root} holds no CloudTrail log and no digest file.", "Name the folder they were copied to.")
    return verify_read(folder, _given_keys(key_files) if key_files else None)


def verify_read(folder: Folder, given: Mapping[str, PublicKey] | None) -> Verification:
    """Say the same of a folder that was read, with the keys that were *given*; None: those of the folder itself."""
    keys = folder.keys if given is None else dict(given)
    standings = judge_digests(folder.digests, folder.signatures, KeyRing(keys))
    items = [
        *_digest_items(folder, standings),
        *judge_order(folder.digests, folder.named),
        *_Logs(folder, standings).items(),
    ]
    return Verification(
        keys=tuple(sorted(keys)),
        keys_inside=bool(keys) and given is None,
        chains=tuple(describe(folder.digests, standings)),
        items=tuple(sorted(items, key=lambda item: (item.kind, item.path or item.object, item.object, item.state))),
        others=folder.others,
    )


def _given_keys(files: Sequence[Path]) -> dict[str, PublicKey]:
    keys: dict[str, PublicKey] = {}
    for file in files:
        try:
            keys.update(read_keys(read_small(file)))
        except (UnreadableError, NoKeysError) as error:
            raise InputError(
                f"{file} holds no public keys of CloudTrail: {error}.",
                "Give what `aws cloudtrail list-public-keys --start-time TIME --end-time TIME` prints.",
            ) from error
    return keys


def _digest_items(folder: Folder, standings: Mapping[str, Standing]) -> Iterator[Item]:
    for path, reason in folder.broken.items():
        yield Item(kind="digest", state="tampered", path=path, object="", reason=reason)
    for digest in folder.digests:
        standing = standings[digest.path]
        state: State = standing.trust
        yield Item(kind="digest", state=state, path=digest.path, object=digest.object, reason=standing.reason)


class _Finding(NamedTuple):
    """What one digest says of one log file."""

    rank: int
    """The lowest is believed: what a verified digest says goes before what another says."""
    item: Item


class _Logs:
    """The log files, each compared with what the digests say of it and read once."""

    def __init__(self, folder: Folder, standings: Mapping[str, Standing]) -> None:
        self._folder = folder
        self._standings = standings
        self._hashes: dict[str, str] = {}
        self._damage: dict[str, str] = {}

    def items(self) -> Iterator[Item]:
        """Yield the state of each log file that is listed or there."""
        found: dict[str, _Finding] = {}
        for digest in self._folder.digests:
            for listed in digest.logs:
                for finding in self._findings(digest, listed):
                    name = finding.item.path or finding.item.object
                    if name not in found or finding.rank < found[name].rank:
                        found[name] = finding
        yield from (finding.item for finding in found.values())
        for paths in self._folder.logs.values():
            for path in paths:
                if path not in found:
                    yield Item(kind="log", state="unverifiable", path=path, object="", reason=UNLISTED)

    def _findings(self, digest: Digest, listed: Listed) -> Iterator[_Finding]:
        """Compare the files that may be the listed one with what the digest says of it."""
        paths = self._candidates(listed.object)
        if not paths and self._standings[digest.path].trust != "tampered":
            reason = f"The digest {digest.path} lists it, and it is not here."
            yield _Finding(0, Item(kind="log", state="missing", path="", object=listed.object, reason=reason))
        for path in paths:
            rank, state, reason = self._compared(path, digest, listed)
            yield _Finding(rank, Item(kind="log", state=state, path=path, object=listed.object, reason=reason))

    def _compared(self, path: str, digest: Digest, listed: Listed) -> tuple[int, State, str]:
        trust = self._standings[digest.path].trust
        if listed.algorithm != HASHED_WITH:
            return 3, "unverifiable", f"It is hashed with {listed.algorithm[:40]}, which is not known."
        if trust == "tampered":
            return 3, "unverifiable", f"The digest that lists it was changed: {digest.path}."
        if self._sha256(path) != listed.sha256:
            why = self._damage.get(path, "its SHA-256 is not the one that the digest names")
            return 0 if trust == "ok" else 2, "tampered", f"It was changed: {why}."
        if trust == "ok":
            return 1, "ok", ""
        return 3, "unverifiable", f"It fits the digest {digest.path}, which is not verified itself."

    def _sha256(self, path: str) -> str:
        if path not in self._hashes:
            try:
                self._hashes[path] = log_sha256(self._folder.root / path)
            except UnreadableError as error:
                self._hashes[path] = ""
                self._damage[path] = str(error)
        return self._hashes[path]

    def _candidates(self, listed: str) -> list[str]:
        """Return the files of the listed name whose folders fit best: a file may have been copied twice."""
        paths = self._folder.logs.get(base_name(listed), [])
        if len(paths) <= 1:
            return paths
        fits = {path: _common(path.split("/")[:-1], listed.split("/")[:-1]) for path in paths}
        return [path for path in paths if fits[path] == max(fits.values())]


def _common(path: list[str], key: list[str]) -> int:
    """Return how many folders above the file are equal."""
    same = (one == other for one, other in zip(reversed(path), reversed(key), strict=False))
    return sum(takewhile(bool, same))
