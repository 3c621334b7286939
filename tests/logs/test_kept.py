"""A copy that was kept gives what the logs gave, to the byte; one that is damaged or hostile gives one sentence."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from tests.logs.made import FORMS, SAMPLE, all_rules, event, lines, rules, sample

from eksaminer.logs import LogError, Options, Problem, scan
from eksaminer.logs.kept import MANIFEST, PLACES
from eksaminer.record import sha256

TRAIL = {
    "eventVersion": "1.08", "eventID": "e-1", "eventSource": "eks.amazonaws.com", "eventTime": "2026-11-23T06:00:00Z",
    "eventName": "UpdateClusterConfig", "awsRegion": "eu-west-1", "userIdentity": {"type": "IAMUser", "userName": "x"},
    "requestParameters": {"name": "prod", "logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}},
}  # fmt: skip
PART = "audit-00001.parquet"
BUT = "SELECT * REPLACE"


def found(paths: list[Path], keep: Path | None = None, *, every: bool = False) -> str:
    """Return all that a scan says."""
    chosen = all_rules() if every else rules()
    with scan(paths, chosen, Options(keep=keep)) as outcome:
        shown = [
            outcome.accounting, outcome.levels, outcome.rules, outcome.first_event, outcome.last_event,
            outcome.events_read, outcome.own_requests, outcome.time_coverage, outcome.skipped, list(outcome.hits()),
        ]  # fmt: skip
    return "\n".join(map(str, shown))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "copy"
    found([SAMPLE], path)
    return path


def logs_of_every_kind(folder: Path) -> list[Path]:
    """Write logs of all forms, of both kinds, with damage."""
    folder.mkdir()
    for name, make in FORMS.items():
        (folder / f"{name}.log").write_bytes(make(sample()[:40]))
    (folder / "damaged.log").write_bytes(
        lines(event(auditID="a")) + b"garbage\n\n" + lines(event(verb=5)) + b'{"a":1}\n'
    )
    (folder / "cut.log.gz").write_bytes(gzip.compress(b"\n".join(sample()) + b"\n")[:-300])
    (folder / "notes.txt").write_text("nothing of the kind")
    (folder / "trail.json.gz").write_bytes(gzip.compress(json.dumps({"Records": [TRAIL]}).encode()))
    return [folder]


def test_a_copy_of_logs_of_every_kind_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eksaminer.logs.feed.PART", 60_000)
    monkeypatch.setattr("eksaminer.logs.engine.HELD", 100_000)
    first = found(logs_of_every_kind(tmp_path / "logs"), tmp_path / "copy", every=True)
    monkeypatch.setattr("eksaminer.logs.kept.ROWS_AT_ONCE", 100)
    again = found([tmp_path / "copy"], tmp_path / "second", every=True)

    assert first == again == found([tmp_path / "second"], every=True)
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    assert len(list((tmp_path / "copy").glob("audit-*.parquet"))) > 2
    assert len(list((tmp_path / "copy").glob("trail-*.parquet"))) == 1


def test_copies_and_logs_can_be_scanned_together(copy: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.log"
    more.write_bytes(lines(event(auditID="x")) + sample()[0] + b"\n")

    assert found([SAMPLE, more]) == found([copy, more])
    assert found([more, SAMPLE]) == found([more, copy])


def test_a_copy_within_a_folder_is_one(copy: Path) -> None:
    assert found([copy.parent]) == found([copy])


def test_events_outside_the_window_of_the_first_scan_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(lines(event()))
    late = datetime(2027, 1, 1, tzinfo=UTC)
    with scan([log], rules(), Options(keep=tmp_path / "copy", since=late)) as outcome:
        assert outcome.events_read == 0

    assert found([tmp_path / "copy"]) == found([log])


@pytest.mark.parametrize("there", ["a file", "a folder with something in it", "a link to an empty folder"])
def test_a_place_that_is_taken_is_left_alone(there: str, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    match there:
        case "a file":
            place.write_text("x")
        case "a link to an empty folder":
            (tmp_path / "empty").mkdir()
            place.symlink_to(tmp_path / "empty")
        case _:
            place.mkdir()
            (place / "x").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(LogError, match="is there already") as caught:
        found([SAMPLE], place)

    assert caught.value.problem is Problem.OCCUPIED
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_a_place(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    found([SAMPLE], tmp_path / "copy")

    assert (tmp_path / "copy" / MANIFEST).is_file()


def test_nothing_is_left_of_a_copy_of_what_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"hello\n")
    with pytest.raises(LogError):
        found([tmp_path / "log"], tmp_path / "copy")

    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def change(copy: Path, target: Path, edit: Callable[[Path], None]) -> Path:
    """Return another copy, changed by *edit*, with digests that agree."""
    target.mkdir()
    for file in copy.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    edit(target)
    return target


def signed(target: Path) -> None:
    """Write the digests of the files as they are into the manifest."""
    manifest = json.loads((target / MANIFEST).read_bytes())
    manifest["places"] = sha256((target / PLACES).read_bytes())
    for part in manifest["parts"]:
        part["sha256"] = sha256((target / part["name"]).read_bytes())
    (target / MANIFEST).write_text(json.dumps(manifest))


def manifest(**changes: object) -> Callable[[Path], None]:
    def edit(target: Path) -> None:
        told = json.loads((target / MANIFEST).read_bytes())
        (target / MANIFEST).write_text(json.dumps(told | changes))

    return edit


def parquet(name: str, select: str) -> Callable[[Path], None]:
    """Write a file anew, and its digest."""

    def edit(target: Path) -> None:
        path = target / name
        new = target / "new"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select.format(path=path)}) TO '{new}' (FORMAT parquet)")
        new.replace(path)
        signed(target)

    return edit


def flip(name: str) -> Callable[[Path], None]:
    def edit(target: Path) -> None:
        data = bytearray((target / name).read_bytes())
        data[len(data) // 2] ^= 1
        (target / name).write_bytes(data)

    return edit


def empty_account(target: Path) -> None:
    told = json.loads((target / MANIFEST).read_bytes())
    told["files"][0]["account"]["good"] += 1
    told["files"][0]["account"]["lines"] += 1
    (target / MANIFEST).write_text(json.dumps(told))


def lost(target: Path) -> None:
    (target / PART).unlink()


def written(text: str) -> Callable[[Path], None]:
    def edit(target: Path) -> None:
        (target / MANIFEST).write_text(text)

    return edit


def outside(target: Path) -> None:
    told = json.loads((target / MANIFEST).read_bytes())
    told["parts"][0]["name"] = "../copy/audit-00001.parquet"
    (target / MANIFEST).write_text(json.dumps(told))


def linked(target: Path) -> None:
    (target / PART).rename(target / "elsewhere")
    (target / PART).symlink_to(target / "elsewhere")


def no_parquet(target: Path) -> None:
    (target / PART).write_bytes(b"PAR1 no")
    signed(target)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param(flip(PART), "not as it was written", id="a byte flipped"),
        pytest.param(flip(PLACES), "not as it was written", id="a byte of the places flipped"),
        pytest.param(lost, "is missing", id="a part lost"),
        pytest.param(written("{"), "is damaged", id="no manifest"),
        pytest.param(written("[" * 9_000), "is damaged", id="a deep manifest"),
        pytest.param(manifest(schema="eksaminer.logs/2"), "eksaminer.logs/2", id="a later version"),
        pytest.param(manifest(extra=1), "is damaged", id="an unknown field"),
        pytest.param(outside, "no name of a part", id="a path out of the folder"),
        pytest.param(linked, "is missing", id="a link"),
        pytest.param(empty_account, "does not agree", id="an account that does not add up"),
        pytest.param(no_parquet, "no Parquet", id="a part that is no Parquet"),
        pytest.param(parquet(PART, "SELECT 1 AS id"), "columns", id="other columns"),
        pytest.param(parquet(PART, "SELECT * FROM '{path}' LIMIT 5"), "does not hold the events", id="fewer events"),
        pytest.param(parquet(PART, "SELECT * REPLACE (id + 7 AS id) FROM '{path}'"), "hold the events", id="numbers"),
        pytest.param(parquet(PLACES, f"{BUT} (9::BIGINT AS file) FROM '{{path}}'"), "inconsistent", id="file"),
        pytest.param(parquet(PLACES, f"{BUT} (-1::BIGINT AS line) FROM '{{path}}'"), "inconsistent", id="line"),
        pytest.param(parquet(PLACES, "SELECT * FROM '{path}' LIMIT 0"), "does not agree", id="no places"),
    ],
)  # fmt: skip
def test_a_damaged_copy_is_one_sentence(edit: Callable[[Path], None], words: str, copy: Path, tmp_path: Path) -> None:
    target = change(copy, tmp_path / "copy", edit)
    with pytest.raises(LogError, match=words) as caught:
        found([target])

    assert caught.value.problem is Problem.UNREADABLE
    assert "\n" not in str(caught.value)
