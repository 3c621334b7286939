"""What a terminal shows while a run goes on: no name is broken, and the bar stays."""

from __future__ import annotations

import io
import re
import sys

import pytest

from eksaminer.cli.console import Console

ARN = f"arn:aws:sts::111122223333:assumed-role/{'AWSReservedSSO_' * 5}/jane.doe@example.com"
COLUMNS = 80


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, *, label: str = "", note: str = "", part: str = "") -> list[str]:
    """Return the lines that a terminal of 80 columns is given."""
    stream = Terminal()
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    with Console().progress() as reporter:
        reporter.started(2)
        if note:
            reporter.note(note)
        if label:
            reporter.step(label)
        if part:
            reporter.share(1, 2, part)
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()))


def test_a_long_name_that_is_read_is_shortened_in_the_middle_and_leaves_the_bar_its_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last = shown(monkeypatch, label=f"{ARN}: rules")[-2].strip()

    assert last.startswith("arn:aws:sts::")
    assert "…" in last.split("━")[0]
    assert "jane.doe@example.com: rules ━" in last
    assert " 50% " in last
    assert len(last) <= COLUMNS


def test_a_line_about_a_long_name_is_wrapped_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, note=f"{ARN}: account 111122223333, 4 regions, 3 clusters; about 151 AWS calls.")

    (first,) = (line for line in lines if line.startswith("arn:"))
    assert len(first.rstrip()) <= COLUMNS
    assert first.rstrip().endswith("jane.doe@example.com:")
    assert any(line.startswith("account 111122223333, 4 regions") for line in lines)


def test_what_a_file_is_called_is_no_markup_and_nothing_a_terminal_obeys(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(shown(monkeypatch, part="logs/[bold]a\x07.json"))

    assert r"[bold]a\u{7}.json" in text
