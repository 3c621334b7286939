"""Digest files among the files of CloudTrail: verified with the keys that AWS tells, by region."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.digests.made import HOUR, START, Files, Trail, add, packed, public_keys
from tests.logs.trailed import base, records

from eksaminer.demo.account import clean_account, with_changed_region
from eksaminer.demo.emulator import Emulator
from eksaminer.evidence.trail_digests import TrailDigests

from .collecting import NOW, collected, is_gap, region, section

HOME = region("eu-central-1")
MAIN = Trail()
OTHER_ACCOUNT = Trail(account="444455556666", bucket="example-central")


def key_of_aws() -> Mapping[str, Any]:
    (printed,) = json.loads(public_keys(""))["PublicKeyList"]
    return {
        "Value": base64.b64decode(printed["Value"]),
        "Fingerprint": printed["Fingerprint"],
        "ValidityStartTime": datetime(2026, 1, 1, tzinfo=UTC),
        "ValidityEndTime": datetime(2027, 1, 1, tzinfo=UTC),
    }


@pytest.fixture
def signing(emulator: Emulator) -> Emulator:
    emulator.load(with_changed_region(clean_account(NOW), "eu-central-1", public_keys=(key_of_aws(),)))
    return emulator


@pytest.fixture
def files() -> Files:
    made = Files()
    add(made, MAIN, 5)
    add(made, OTHER_ACCOUNT, 3)
    return made


def read(folder: Path, files: Files) -> Any:
    event = folder / "event.json"
    event.write_bytes(records(base("1", NOW - HOUR, "s3.amazonaws.com", "GetObject")))
    collection = collected(cloudtrail=(str(files.write(folder / "copied")), str(event)))
    return section(collection, HOME, TrailDigests)


def log(hour: int) -> str:
    return MAIN.log_name(START + (hour - 1) * HOUR, 0)


def test_a_sound_folder_is_verified_with_the_keys_of_aws(signing: Emulator, files: Files, tmp_path: Path) -> None:
    found = read(tmp_path, files)

    (chain,) = found.chains
    assert (chain.trail, chain.digests, chain.verified, chain.logs) == ("security-trail", 5, 4, 10)
    assert (found.keys, found.keys_unread, found.damaged, found.unverified) == ("aws", None, (), None)
    assert (found.logs_verified, found.unproved) == (8, 3)
    assert found.sources


@pytest.mark.parametrize("damage", ["edited", "removed", "swapped"])
def test_a_damaged_file_is_named(signing: Emulator, files: Files, tmp_path: Path, damage: str) -> None:
    if damage == "edited":
        files.content[log(2)] = packed({"Records": []})
    elif damage == "removed":
        del files.content[log(2)]
    else:
        files.content[log(2)], files.content[log(3)] = files.content[log(3)], files.content[log(2)]

    found = read(tmp_path, files)

    expected = {"edited": ("tampered", 1, 1), "removed": ("missing", 1, 0), "swapped": ("tampered", 2, 2)}[damage]
    assert (found.damaged[0].state, found.damaged_found, found.tampered) == expected
    assert found.damaged[0].name.endswith(log(2))


def test_what_was_done_to_files_of_another_account_is_not_ours(signing: Emulator, files: Files, tmp_path: Path) -> None:
    del files.content[OTHER_ACCOUNT.log_name(START, 0)]

    assert read(tmp_path, files).damaged == ()


def test_keys_that_may_not_be_read_are_named_and_those_of_the_folder_prove_less(
    signing: Emulator, files: Files, tmp_path: Path
) -> None:
    signing.deny("cloudtrail:ListPublicKeys")
    files.content["keys.json"] = public_keys("")

    found = read(tmp_path, files)

    assert found.keys == "folder"
    assert is_gap(found.keys_unread, "denied")


def test_without_any_key_nothing_is_verified(emulator: Emulator, files: Files, tmp_path: Path) -> None:
    found = read(tmp_path, files)

    assert (found.keys, found.damaged) == ("none", ())
    assert is_gap(found.unverified, "not_observable")


def test_a_folder_without_digests_and_a_run_without_files_prove_nothing(
    signing: Emulator, files: Files, tmp_path: Path
) -> None:
    files.content = {name: content for name, content in files.content.items() if "Digest" not in name}

    assert is_gap(read(tmp_path, files), "not_requested")
    assert is_gap(section(collected(), HOME, TrailDigests), "not_requested")
    assert "cloudtrail:ListPublicKeys" not in signing.actions
