"""The HTML report in a real browser: nothing is requested or complained of; search, links, keys and sorting work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from tests.render.sample import assessment, large

from eksaminer.render import html
from eksaminer.render.texts import LANGUAGES

AXE = Path(__file__).parents[2] / ".axe" / "axe_playwright_python" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)  # fmt: skip


class Browser:
    """One page of a headless browser, driven over its debugging protocol."""

    def __init__(self, port: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            page = next(item for item in json.load(answer) if item["type"] == "page")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=30)
        self._number = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                result: dict[str, Any] = message.get("result", {})
                return result
            self.events.append(message)

    def run(self, script: str) -> Any:
        return self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)["result"].get(
            "value"
        )

    def key(self, key: str) -> None:
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key)

    def open(self, page: Path, place: str = "") -> None:
        self.send("Page.navigate", url="about:blank")
        self.events.clear()
        self.send("Page.navigate", url=f"file://{page}{place}")
        end = time.monotonic() + 20
        while self.run("document.readyState") != "complete" and time.monotonic() < end:
            time.sleep(0.02)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = (re.search(r"DevTools listening on .*:(\d+)/", line) for line in process.stderr)
        driven = Browser(next(int(match[1]) for match in found if match))
        yield driven
        driven.close()
        process.terminate()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(html.render(assessment()))
    return path


def test_asks_for_nothing_and_complains_of_nothing(browser: Browser, page: Path) -> None:
    browser.open(page)

    asked = [
        item["params"]["request"]["url"] for item in browser.events if item["method"] == "Network.requestWillBeSent"
    ]
    complaints = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
    assert [url for url in asked if not url.startswith(("data:", "file:", "about:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == 1
    assert [item for item in browser.events if item["method"] in complaints] == []


def test_the_slash_key_goes_to_the_search_and_escape_clears_it(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.key("/")
    focused = browser.run("document.activeElement.id")
    browser.run("search('log-04')")
    shown = browser.run("document.querySelectorAll('.row:not([hidden])').length")
    kept = browser.run("location.hash")
    browser.key("Escape")

    assert focused == "q"
    assert 0 < shown < browser.run("document.querySelectorAll('.row').length")
    assert kept == "#q=log-04"
    assert browser.run("document.querySelectorAll('.row[hidden]').length") == 0


def test_an_address_with_a_search_opens_the_report_searched(browser: Browser, page: Path) -> None:
    browser.open(page, "#q=retention%20fail")

    assert browser.run("document.getElementById('q').value") == "retention fail"
    assert browser.run("document.querySelectorAll('.row[hidden]').length") > 0


SHOWN = "[...document.querySelectorAll('.row:not([hidden])')]"


def choose(browser: Browser, name: str, value: str) -> None:
    browser.run(f"document.getElementById('f-{name}').value = '{value}'")
    browser.run(f"document.getElementById('f-{name}').dispatchEvent(new Event('change'))")


def test_filters_narrow_what_is_shown_together_and_stand_in_the_address(browser: Browser, page: Path) -> None:
    browser.open(page)
    choose(browser, "status", "status-fail")
    failed = browser.run(f"{SHOWN}.map(row => row.dataset.marks)")
    choose(browser, "severity", "severity-high")
    grave = browser.run(f"{SHOWN}.length")
    kept = browser.run("location.hash")
    browser.key("Escape")

    assert failed
    assert all("status-fail" in marks.split() for marks in failed)
    assert 0 < grave < len(failed)
    assert kept == "#status=status-fail&severity=severity-high"
    assert browser.run("document.querySelectorAll('.row[hidden]').length") == 0


def test_filters_by_cluster_and_recommendation(browser: Browser, page: Path) -> None:
    browser.open(page, "#cluster=c0")
    of_cluster = browser.run(f"{SHOWN}.map(row => row.dataset.marks)")
    browser.open(page, "#recommendation=r-enable-audit-logs")
    places = browser.run(f"{SHOWN}.map(row => row.closest('.recommendation')?.id)")

    assert of_cluster
    assert all("c0" in marks.split() for marks in of_cluster)
    assert set(places) == {"r-enable-audit-logs"}


def test_an_address_with_a_filter_that_is_not_there_shows_everything(browser: Browser, page: Path) -> None:
    browser.open(page, "#status=%3Cscript%3E&cluster=c999")

    assert browser.run("document.querySelectorAll('.row[hidden]').length") == 0


def test_a_link_to_a_finding_in_a_closed_part_opens_it(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_bytes(html.render(large(2_000)))
    browser.open(path)
    place = browser.run("document.querySelector('details:not([open]) tr.row[id]').id")
    browser.open(path, f"#{place}")

    assert browser.run(f"document.getElementById('{place}').closest('details').open")
    assert browser.run(f"document.getElementById('{place}').getBoundingClientRect().top < innerHeight")


def test_a_heading_sorts_its_table_in_both_directions(browser: Browser, page: Path) -> None:
    browser.open(page)
    column = "[...document.querySelectorAll('.criteria tbody tr')].map(row => row.cells[0].textContent)"
    browser.run("document.querySelector('.criteria th button').click()")
    up = browser.run(column)
    browser.run("document.querySelector('.criteria th button').click()")

    assert browser.run(column) == list(reversed(up))
    assert browser.run("document.querySelector('.criteria th').getAttribute('aria-sort')") == "descending"


def test_without_scripts_everything_is_there(browser: Browser, page: Path) -> None:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    browser.send("Emulation.setScriptExecutionDisabled", value=False)

    assert browser.run("document.getElementById('search').hidden")
    assert browser.run("document.querySelectorAll('.row').length") > 0
    assert browser.run("document.querySelectorAll('[hidden]').length") == 1


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here: scripts/axe fetches it")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, language: str, scheme: str) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(html.render(assessment(), language))
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(path)
    browser.run(AXE.read_text() + "; 0")

    found = browser.run(
        "axe.run().then(it => it.violations.map(one => [one.id, one.nodes.map(it => it.target.join())]))"
    )
    browser.send("Emulation.setEmulatedMedia", features=[])

    assert found == []
