"""A generated chain of 48 hours: each kind of damage is found, and nothing else is reported."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.digests.made import HOUR, START, Files, Trail, add, packed, public_keys, sha256, signature

from eksaminer.digests import Verification, verify_folder
from eksaminer.errors import InputError

MAIN = Trail()
OTHER_REGION = Trail(region="us-east-1", key="us-east-1")
OTHER_TRAIL = Trail(name="legacy_trail", bucket="example-legacy")
OTHER_ACCOUNT = Trail(account="444455556666", bucket="example-central")
KEYS = ("", "us-east-1")


def end(hour: int) -> Any:
    return START + hour * HOUR


def digest(hour: int, trail: Trail = MAIN) -> str:
    """The name of the digest that ends after *hour* hours: 1 is the first, 48 the newest."""
    return trail.digest_name(end(hour))


def log(hour: int, number: int = 0, trail: Trail = MAIN) -> str:
    """The name of a log file that the digest of *hour* lists."""
    return trail.log_name(end(hour - 1) + timedelta(minutes=7 * number), number)


@pytest.fixture(scope="module")
def made() -> Files:
    """Two days of one trail, and some hours of others; the newest signature of each was saved."""
    files = Files()
    add(files, MAIN, 48)
    for trail in (OTHER_REGION, OTHER_TRAIL, OTHER_ACCOUNT):
        add(files, trail, 6)
        files.save_metadata(digest(6, trail))
    files.save_metadata(digest(48))
    return files


@pytest.fixture
def files(made: Files) -> Files:
    return made.copy()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "public-keys.json"
    path.write_bytes(public_keys(*KEYS))
    return path


def verified(files: Files, folder: Path, keys: Path) -> Verification:
    return verify_folder(files.write(folder / "copied"), [keys])


def reported(found: Verification) -> set[tuple[str, str]]:
    """What is not ok, by the name of the file."""
    return {(item.state, (item.path or item.object).rpartition("/")[2]) for item in found.items if item.state != "ok"}


def base(name: str) -> str:
    return name.rpartition("/")[2]


def test_a_sound_folder_is_all_ok_with_several_trails_regions_and_accounts(
    files: Files, tmp_path: Path, keys: Path
) -> None:
    found = verified(files, tmp_path, keys)

    assert reported(found) == set()
    assert {(chain.account, chain.region, chain.trail) for chain in found.chains} == {
        ("111122223333", "eu-central-1", "security-trail"),
        ("111122223333", "us-east-1", "security-trail"),
        ("111122223333", "eu-central-1", "legacy_trail"),
        ("444455556666", "eu-central-1", "security-trail"),
    }
    assert found.count("digest", "ok") == 48 + 3 * 6
    assert found.count("log", "ok") == 2 * (48 + 3 * 6)
    assert all(chain.verified == chain.digests for chain in found.chains)


Damage = Callable[[Files], None]
Expected = set[tuple[str, str]]


def edit_log(files: Files) -> None:
    files.replace(log(20), Records=[{"eventName": "Nothing"}])


def swap_logs(files: Files) -> None:
    one, other = log(20), log(30, 1)
    files.content[one], files.content[other] = files.content[other], files.content[one]


def compress_again(files: Files) -> None:
    files.content[log(20)] = gzip.compress(gzip.decompress(files.content[log(20)]), compresslevel=1, mtime=1)
    files.content[digest(21)] = gzip.compress(gzip.decompress(files.content[digest(21)]), compresslevel=1, mtime=1)


def unpack(files: Files) -> None:
    for name in (log(20), digest(21)):
        files.content[name.removesuffix(".gz")] = gzip.decompress(files.content.pop(name))


def add_to_log(files: Files) -> None:
    files.content[log(20)] += packed({"Records": []})


def add_zeros_to_log(files: Files) -> None:
    files.content[log(20)] += b"\0" * 8


def cut_log(files: Files) -> None:
    files.content[log(20)] = files.content[log(20)][:-9]


def damage_log(files: Files) -> None:
    content = bytearray(files.content[log(20)])
    content[len(content) // 2] ^= 0xFF
    files.content[log(20)] = bytes(content)


def remove_log(files: Files) -> None:
    del files.content[log(20)]


def plant_log(files: Files) -> None:
    files.content[MAIN.log_name(end(19), 9)] = packed({"Records": []})


def two_copies_of_a_log(files: Files) -> None:
    files.content[f"second/{log(20)}"] = files.content[log(20)]


def an_edited_copy_beside_a_log(files: Files) -> None:
    files.content[f"second/{log(20)}"] = packed({"Records": []})


def edit_digest(files: Files) -> None:
    """Take a log file and its entry out."""
    files.replace(digest(20), logFiles=files.read(digest(20))["logFiles"][1:])
    del files.content[log(20)]


def edit_digest_and_its_hash(files: Files) -> None:
    """Edit a digest, and the hash that the newest names for it."""
    files.replace(digest(47), logFiles=[])
    files.replace(digest(48), previousDigestHashValue=sha256(gzip.decompress(files.content[digest(47)])))
    del files.content[f"{digest(48)}.metadata.json"]


def edit_carried_signature(files: Files) -> None:
    files.replace(digest(20), previousDigestSignature="00" * 256)


def edit_newest(files: Files) -> None:
    files.replace(digest(48), logFiles=[])


def edit_newest_link(files: Files) -> None:
    """Without the metadata of the newest, its word about the one before it is what can be tested."""
    del files.content[f"{digest(48)}.metadata.json"]
    files.replace(digest(48), previousDigestHashValue="00" * 32)


def remove_digest(files: Files) -> None:
    del files.content[digest(20)]


def remove_two_digests(files: Files) -> None:
    del files.content[digest(20)], files.content[digest(21)]


def remove_oldest(files: Files) -> None:
    del files.content[digest(1)]
    for number in (0, 1):
        del files.content[log(1, number)]


def swap_digests(files: Files) -> None:
    one, other = digest(20), digest(30)
    files.content[one], files.content[other] = files.content[other], files.content[one]


def copy_digest_over_another(files: Files) -> None:
    files.content[digest(20)] = files.content[digest(10)]


def put_digest_of(other: Trail) -> Damage:
    def put(files: Files) -> None:
        files.content[digest(20)] = files.content[digest(3, other)]

    return put


def garble_digest(files: Files) -> None:
    files.content[digest(20)] = packed(b"[" * 100_000)


def rename_digest(files: Files) -> None:
    files.content["downloads/digest (1).json.gz"] = files.content.pop(digest(20))


def flatten(files: Files) -> None:
    for name in list(files.content):
        files.content[f"flat/{base(name)}"] = files.content.pop(name)


def foreign_signature(files: Files) -> None:
    """Sign an edited digest with a key that is not CloudTrail's."""
    files.replace(digest(48), logFiles=[])
    content = gzip.decompress(files.content[digest(48)])
    forger = Trail(key="forger")
    files.signatures[digest(48)] = signature(forger, end(48), digest(48), content, files.signatures[digest(47)])
    files.save_metadata(digest(48))


def unknown_algorithm(files: Files) -> None:
    files.replace(digest(48), digestSignatureAlgorithm="MD5withRSA")


def logs_of(*hours: int) -> set[tuple[str, str]]:
    return {("unverifiable", base(log(hour, number))) for hour in hours for number in (0, 1)}


def one(state: str, name: str) -> Expected:
    return {(state, base(name))}


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        pytest.param(edit_log, one("tampered", log(20)), id="a log was edited"),
        pytest.param(swap_logs, one("tampered", log(20)) | one("tampered", log(30, 1)), id="two logs were swapped"),
        pytest.param(compress_again, set[Any](), id="compressed again: the same content"),
        pytest.param(unpack, set[Any](), id="unpacked: the same content"),
        pytest.param(add_to_log, one("tampered", log(20)), id="a second gzip member"),
        pytest.param(add_zeros_to_log, one("tampered", log(20)), id="bytes after the gzip data"),
        pytest.param(cut_log, one("tampered", log(20)), id="a log was cut"),
        pytest.param(damage_log, one("tampered", log(20)), id="a log was damaged"),
        pytest.param(remove_log, one("missing", log(20)), id="a log was removed"),
        pytest.param(plant_log, one("unverifiable", MAIN.log_name(end(19), 9)), id="a log was added"),
        pytest.param(two_copies_of_a_log, set[Any](), id="a log lies there twice"),
        pytest.param(an_edited_copy_beside_a_log, one("tampered", log(20)), id="an edited copy beside a log"),
        pytest.param(
            edit_digest, one("tampered", digest(20)) | one("unverifiable", log(20, 1)), id="a digest was edited"
        ),
        pytest.param(
            edit_digest_and_its_hash,
            one("unverifiable", digest(47)) | one("tampered", digest(48)) | logs_of(47, 48),
            id="a digest was edited, and what the newest says of it",
        ),
        pytest.param(
            edit_carried_signature,
            one("tampered", digest(20)) | one("unverifiable", digest(19)) | logs_of(19, 20),
            id="the signature that a digest carries was edited",
        ),
        pytest.param(edit_newest, one("tampered", digest(48)) | logs_of(48), id="the newest digest was edited"),
        pytest.param(edit_newest_link, one("tampered", digest(48)) | logs_of(48), id="the newest lies about the last"),
        pytest.param(
            remove_digest,
            one("missing", digest(20)) | one("unverifiable", digest(19)) | logs_of(19, 20),
            id="a digest was removed",
        ),
        pytest.param(
            remove_two_digests,
            one("missing", digest(21)) | one("unverifiable", digest(19)) | logs_of(19, 20, 21),
            id="two digests were removed",
        ),
        pytest.param(remove_oldest, set[Any](), id="the copy begins an hour later"),
        pytest.param(
            swap_digests,
            one("tampered", digest(20)) | one("tampered", digest(30))
            | one("unverifiable", digest(19)) | one("unverifiable", digest(29)) | logs_of(19, 20, 29, 30),
            id="two digests out of order",
        ),
        pytest.param(
            copy_digest_over_another,
            one("tampered", digest(20)) | one("unverifiable", digest(19)) | logs_of(19, 20),
            id="a digest was replaced by an older one",
        ),
        *(
            pytest.param(
                put_digest_of(other),
                one("tampered", digest(20)) | one("unverifiable", digest(19)) | logs_of(19, 20),
                id=f"a digest of another {what}",
            )
            for what, other in (("region", OTHER_REGION), ("trail", OTHER_TRAIL), ("account", OTHER_ACCOUNT))
        ),
        pytest.param(
            garble_digest,
            one("tampered", digest(20)) | one("unverifiable", digest(19)) | logs_of(19, 20),
            id="a digest that is none",
        ),
        pytest.param(rename_digest, set[Any](), id="a digest was renamed by a download"),
        pytest.param(flatten, set[Any](), id="all in one folder"),
        pytest.param(
            foreign_signature, one("tampered", digest(48)) | logs_of(48), id="the newest was signed by another"
        ),
        pytest.param(
            unknown_algorithm, one("unverifiable", digest(48)) | logs_of(48), id="an algorithm that is not known"
        ),
    ],
)  # fmt: skip
def test_each_damage_is_found_and_nothing_else(
    files: Files, tmp_path: Path, keys: Path, damage: Damage, expected: Expected
) -> None:
    damage(files)

    assert reported(verified(files, tmp_path, keys)) == expected


def test_a_pause_of_validation_is_a_gap(tmp_path: Path, keys: Path) -> None:
    files = Files()
    add(files, MAIN, 3)
    add(files, MAIN, 3, start=end(10))
    files.save_metadata(digest(3))
    files.save_metadata(digest(13))

    found = verified(files, tmp_path, keys)

    (gap,) = found.mismatches
    assert (gap.kind, gap.state) == ("period", "gap")
    assert "2026-11-20 03:00:31 to 2026-11-20 10:00:31" in gap.reason
    assert not found.unverifiable


def test_a_chain_whose_times_leave_hours_out_has_a_gap(tmp_path: Path, keys: Path) -> None:
    files = Files()
    add(files, MAIN, 3)
    add(files, MAIN, 3, start=end(10), after=digest(3))
    files.save_metadata(digest(13))

    assert reported(verified(files, tmp_path, keys)) == {("gap", base(digest(11)))}


def test_late_digests_are_a_chain_of_their_own(tmp_path: Path, keys: Path) -> None:
    files = Files()
    late = Trail(backfill=True)
    add(files, MAIN, 3)
    add(files, late, 2)
    files.save_metadata(digest(3))
    files.save_metadata(late.digest_name(end(2)))

    found = verified(files, tmp_path, keys)

    assert reported(found) == set()
    assert [chain.backfill for chain in found.chains] == [False, True]


def test_without_its_metadata_the_newest_digest_is_all_that_is_not_verified(
    files: Files, tmp_path: Path, keys: Path
) -> None:
    del files.content[f"{digest(48)}.metadata.json"]

    found = verified(files, tmp_path, keys)

    assert reported(found) == one("unverifiable", digest(48)) | logs_of(48)


def test_an_edited_log_of_the_newest_digest_is_found_without_its_metadata(
    files: Files, tmp_path: Path, keys: Path
) -> None:
    del files.content[f"{digest(48)}.metadata.json"]
    files.replace(log(48), Records=[])

    assert ("tampered", base(log(48))) in reported(verified(files, tmp_path, keys))


def test_without_keys_nothing_is_verified_and_what_does_not_fit_is_still_found(files: Files, tmp_path: Path) -> None:
    edit_digest(files)
    files.replace(log(30), Records=[])

    found = verify_folder(files.write(tmp_path / "copied"))

    assert found.keys == ()
    assert found.count("digest", "ok") == found.count("log", "ok") == 0
    assert {base(item.path) for item in found.mismatches} == {base(digest(20)), base(log(30))}


def test_keys_of_the_folder_are_taken_and_said_to_be(files: Files, tmp_path: Path) -> None:
    files.content["any-name.json"] = public_keys(*KEYS)

    found = verify_folder(files.write(tmp_path / "copied"))

    assert found.keys_inside
    assert reported(found) == set()


def test_a_key_that_was_not_valid_then_proves_nothing(files: Files, tmp_path: Path, keys: Path) -> None:
    keys.write_bytes(public_keys(*KEYS, ValidityEndTime=(START - HOUR).timestamp()))

    found = verified(files, tmp_path, keys)

    assert found.count("digest", "unverifiable") == 48 + 3 * 6
    assert not found.mismatches


def test_a_link_is_not_followed(files: Files, tmp_path: Path, keys: Path) -> None:
    outside = tmp_path / "outside.json.gz"
    outside.write_bytes(files.content.pop(log(20)))
    folder = files.write(tmp_path / "copied")
    (folder / log(20)).symlink_to(outside)

    assert reported(verify_folder(folder, [keys])) == one("missing", log(20))


def test_a_path_that_a_digest_names_is_never_opened(tmp_path: Path, keys: Path) -> None:
    files = Files()
    trail = Trail(bucket="../..")
    add(files, trail, 1, logs=1)
    (listed,) = files.read(digest(1, trail))["logFiles"]
    files.replace(digest(1, trail), logFiles=[{**listed, "s3Object": "../../../etc/passwd"}])

    found = verified(files, tmp_path, keys)

    assert ("missing", "passwd") in reported(found)


@pytest.mark.parametrize("name", [log(20), digest(20)], ids=["log", "digest"])
def test_a_bomb_is_no_file_of_cloudtrail(
    files: Files, tmp_path: Path, keys: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eksaminer.digests.folder.MOST_LOG", 2**20)
    monkeypatch.setattr("eksaminer.digests.folder.MOST_SMALL", 2**20)
    files.content[name] = gzip.compress(b" " * 2**22)

    assert ("tampered", base(name)) in reported(verified(files, tmp_path, keys))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"PublicKeyList":[{"Value":"AAAA","Fingerprint":"x"}]}', id="no key"),
        pytest.param(b'{"PublicKeyList":[{"Value":"not base64","Fingerprint":"x"}]}', id="no base64"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(public_keys(ValidityEndTime=1e30), id="a time beyond the calendar"),
        pytest.param(public_keys(ValidityEndTime="yesterday"), id="a time that is none"),
    ],
)
def test_keys_that_are_none_are_refused_in_a_sentence(files: Files, tmp_path: Path, keys: Path, content: bytes) -> None:
    keys.write_bytes(content)

    with pytest.raises(InputError, match="holds no public keys"):
        verified(files, tmp_path, keys)


def test_a_folder_without_cloudtrail_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no CloudTrail log"):
        verify_folder(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"digestEndTime": "yesterday"}, id="no time"),
        pytest.param({"awsAccountId": "999988887777"}, id="another account"),
        pytest.param({"logFiles": None}, id="no list"),
        pytest.param({"digestS3Object": "x"}, id="no name"),
        pytest.param({"previousDigestS3Object": 7}, id="a number"),
    ],
)
def test_a_digest_with_wrong_fields_is_tampered(
    files: Files, tmp_path: Path, keys: Path, fields: dict[str, Any]
) -> None:
    files.replace(digest(20), **fields)

    assert ("tampered", base(digest(20))) in reported(verified(files, tmp_path, keys))
