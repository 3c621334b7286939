"""What paths, folders, globs and standard input name."""

import gzip
import io
import os
import threading
from pathlib import Path

from tests.logs.made import event, lines, rules

from eksaminer.logs import Options, scan


def names(paths: list[str], stdin: bytes = b"") -> list[str]:
    with scan(paths, rules(), Options(stdin=io.BytesIO(stdin))) as outcome:
        return [file.path for file in outcome.accounting.files]


def test_standard_input_is_read_whatever_its_compression() -> None:
    assert names(["-"], gzip.compress(lines(event()))) == ["-"]


def test_standard_input_is_kept_where_only_the_user_can_read_it(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(done: int, total: int, name: str) -> None:
        seen.extend(path.stat().st_mode & 0o077 for path in tmp_path.glob("*/stdin"))

    os.environ["TMPDIR"], before = str(tmp_path), os.environ.get("TMPDIR")
    try:
        with scan(["-"], rules(), Options(stdin=io.BytesIO(lines(event())), progress=look)):
            pass
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before

    assert set(seen) <= {0}


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(lines(event())))
    writer.start()
    found = names([str(pipe)])
    writer.join()

    assert found == [str(pipe)]


def test_folders_and_globs_are_read_in_the_order_of_their_names_and_no_file_twice(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "below/c.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(lines(event()))
    expected = [str(tmp_path / name) for name in ("a.log", "b.log", "below/c.log")]

    assert names([str(tmp_path)]) == expected
    assert names([str(tmp_path / "*.log"), str(tmp_path / "below"), str(tmp_path / "a.log")]) == expected


def test_what_is_no_log_in_a_folder_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "audit.log").write_bytes(lines(event()))
    (tmp_path / "empty.log").write_bytes(b"")
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "odd.txt").write_bytes(b"# a comment\n" * 300 + lines(event(auditID="late")))
    with scan([tmp_path], rules()) as outcome:
        skipped = {Path(name).name: reason for name, reason in outcome.skipped}
        found = {hit.audit_id for _, hit in outcome.hits()}

    assert skipped == {"empty.log": "empty", "notes.md": "not a log of a known form"}
    assert "late" in found
