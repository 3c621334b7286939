"""Whatever a file holds: no exception, no line lost, and each line counted for what it is."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.logs.made import Make, event, filter_pages, insights, line, lines, rules, sample, scanned, zstd

from eksaminer.logs import LogError, Options, Problem, ScanOutcome, scan
from eksaminer.logs.unpack import BLOCK

ID = b"11111111-1111-4111-8111-111111111111"
GOOD = line(event())
HEAD = line({key: value for key, value in event().items() if key != "annotations" and "Timestamp" not in key})
CUT = HEAD.removesuffix(b"}") + b',"requestObject":{"data":{"mapRoles":"- rolearn: arn[Truncated...]'
NESTED = line(event()).removesuffix(b"}") + b',"requestObject":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001

ODD = [
    pytest.param(b"garbage", "bad", "not JSON", id="garbage"),
    pytest.param(GOOD[:300], "bad", "malformed JSON", id="cut without the mark"),
    pytest.param(CUT, "truncated", "", id="cut by CloudWatch"),
    pytest.param(b'{"kind":"Ev[Truncated...]', "bad", "cut, and its head holds no auditID", id="cut too early"),
    pytest.param(GOOD + GOOD, "bad", "malformed JSON", id="two objects on a line"),
    pytest.param(b"[" + GOOD + b"]", "bad", "not JSON", id="an array"),
    pytest.param(b"5", "bad", "not JSON", id="a number"),
    pytest.param(b"null", "bad", "not JSON", id="null"),
    pytest.param(GOOD.replace(b"kubectl", b"kube\xffctl"), "bad", "not UTF-8", id="not UTF-8"),
    pytest.param(GOOD.replace(b"kubectl", b"kube\x00ctl"), "bad", "malformed JSON", id="a NUL"),
    pytest.param(GOOD.replace(b'"verb":', b'"verb":"get","verb":'), "bad", "verb stands twice", id="a key twice"),
    pytest.param(line(event(user="admin")), "bad", "$.user", id="the user is a text"),
    pytest.param(line(event(responseStatus={"code": "abc"})), "bad", "code is no number", id="the code is a word"),
    pytest.param(line(event(responseStatus={"code": 99999999999999999999})), "bad", "", id="the code is huge"),
    pytest.param(line(event(stageTimestamp="yesterday")), "bad", "not a time", id="the time is none"),
    pytest.param(line(event(stageTimestamp="infinity")), "bad", "not a time", id="the time is infinity"),
    pytest.param(line(event(auditID=None)), "bad", "no auditID", id="no auditID"),
    pytest.param(b'{"eventVersion":"1.08","eventName":"AssumeRole"}', "bad", "not an audit event", id="CloudTrail"),
    pytest.param(b'I1123 06:53:27.585844      10 trace.go:236] Trace[123]: "List"', "other", "", id="klog"),
    pytest.param(b'{"ts":1732344807.1,"caller":"a.go:1","msg":"x","v":0}', "other", "", id="klog in JSON"),
    pytest.param(b'time="2026-11-23T06:53:27Z" level=info msg="access granted"', "other", "", id="authenticator"),
    pytest.param(line(event(responseStatus={"code": "200"})), "good", "", id="the code is a text"),
    pytest.param(line(event(stageTimestamp=None)), "good", "", id="no stageTimestamp"),
    pytest.param(line(event(userAgent=None, sourceIPs=None, annotations=None)), "good", "", id="much is missing"),
    pytest.param(NESTED, "good", "", id="nested deeper than most parsers go"),
    pytest.param(GOOD + b"\r", "good", "", id="carriage return"),
    pytest.param(b"  " + GOOD + b"  ", "good", "", id="spaces around"),
    pytest.param(b" \t\r", "blank", "", id="only spaces"),
    pytest.param(b"", "blank", "", id="nothing"),
]  # fmt: skip


@pytest.fixture(scope="module")
def odd_lines(tmp_path_factory: pytest.TempPathFactory) -> ScanOutcome:
    """Scan all odd lines at once: line 2 n + 1 is the one with the index n, the others are good."""
    content: list[bytes] = []
    for number, case in enumerate(ODD):
        odd = case.values[0]
        assert isinstance(odd, bytes)
        content += [odd.replace(ID, f"odd-{number}".encode()), line(event(auditID=f"good-{number}"))]
    return scanned(b"\n".join(content) + b"\n", tmp_path_factory.mktemp("odd"))


@pytest.mark.parametrize("number", range(len(ODD)), ids=[str(case.id) for case in ODD])
def test_an_odd_line_is_counted_for_what_it_is(number: int, odd_lines: ScanOutcome) -> None:
    _, kind, reason = ODD[number].values
    refused = {bad.line: bad.reason for bad in odd_lines.accounting.files[0].bad_lines}
    hits = {hit.line: hit for hit in odd_lines.rules[1].first_hits}
    place = 2 * number + 1

    assert (place in refused) == (kind == "bad")
    assert str(reason) in refused.get(place, str(reason))
    assert (place in hits) == (kind in {"good", "truncated"})
    assert place not in hits or hits[place].truncated == (kind == "truncated")
    assert place + 1 in hits


def test_odd_lines_add_up(odd_lines: ScanOutcome) -> None:
    kinds = Counter(case.values[1] for case in ODD)
    account = odd_lines.accounting

    assert account.lines == 2 * len(ODD) == account.good + account.bad + account.blank
    assert (account.bad, account.blank, account.other) == (kinds["bad"], kinds["blank"], kinds["other"])
    assert account.truncated == kinds["truncated"]


@pytest.mark.parametrize("wrap", [filter_pages, insights])
def test_an_odd_record_in_a_container_is_counted_like_a_line(wrap: Make, tmp_path: Path) -> None:
    content = wrap([line(event(auditID=f"id-{number}")) for number in range(4)])
    broken = content.replace(b'\\"verb\\":\\"update', b'\\"verb\\":\\"upd\\"ate', 1)
    found = scanned(broken, tmp_path)

    assert (found.accounting.lines, found.accounting.good, found.accounting.bad) == (4, 3, 1)


def test_a_cut_line_is_read_from_its_head_with_the_time_of_its_entry(tmp_path: Path) -> None:
    found = scanned(b"2026-11-23T07:00:00.123Z " + CUT + b"\n", tmp_path)
    (hit,) = found.rules[1].first_hits

    assert hit.truncated
    assert hit.time.isoformat() == "2026-11-23T07:00:00.123000+00:00"
    assert (hit.verb, hit.user, hit.resource.name, hit.code) == ("update", "kubernetes-admin", "aws-auth", 200)
    assert hit.decision == ""


def test_a_cut_line_without_an_entry_takes_the_time_of_the_line_before(tmp_path: Path) -> None:
    cut = CUT.replace(ID, b"cut")
    found = scanned(
        lines(event(stageTimestamp="2026-11-23T08:00:00+01:00")) + cut + b"\n" + lines(event(auditID="c")), tmp_path
    )
    times = {hit.audit_id: hit.time.isoformat() for hit in found.rules[1].first_hits}

    assert times["cut"] == "2026-11-23T07:00:00+00:00"


def test_truncation_by_the_api_server_is_counted(tmp_path: Path) -> None:
    found = scanned(lines(event(annotations={"audit.k8s.io/truncated": "true"})), tmp_path)

    assert found.accounting.truncated == 1
    assert found.rules[1].first_hits[0].truncated


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_line_that_ends_where_a_block_does_adds_none(extra: int, tmp_path: Path) -> None:
    padding = "x" * (BLOCK - len(lines(event(userAgent=""))) + extra)
    found = scanned(gzip.compress(lines(event(userAgent=padding))), tmp_path)

    assert (found.accounting.lines, found.accounting.good) == (1, 1)


def test_a_byte_order_mark_hides_no_line(tmp_path: Path) -> None:
    assert scanned(b"\xef\xbb\xbf" + lines(event()), tmp_path).rules[1].hits == 1


def test_a_line_of_40_mb_is_read(tmp_path: Path) -> None:
    long = GOOD.removesuffix(b"}") + b',"responseObject":"' + b"x" * 40_000_000 + b'"}'
    found = scanned(long + b"\n" + lines(event(auditID="next")), tmp_path)

    assert found.accounting.good == found.accounting.lines == 2
    assert found.rules[1].hits == 2


def test_a_line_longer_than_any_limit_is_read_like_a_cut_one(tmp_path: Path) -> None:
    long = GOOD.removesuffix(b"}") + b',"responseObject":"' + b"x" * 80_000_000 + b'"}'
    found = scanned(lines(event(auditID="first")) + long + b"\n" + lines(event(auditID="next")), tmp_path)

    assert found.accounting.lines == found.accounting.good == 3
    assert found.accounting.truncated == 1
    assert found.rules[1].hits == 3


@pytest.mark.parametrize("lost", [1, 9, 200, 1_500])
def test_a_truncated_gzip_gives_the_lines_before_the_break(lost: int, tmp_path: Path) -> None:
    whole = b"".join(text + b"\n" for text in sample())
    found = scanned(gzip.compress(whole)[:-lost], tmp_path)
    account = found.accounting.files[0]

    assert account.incomplete == "the gzip data ends in the middle"
    assert account.good > 100
    assert account.lines == account.good + account.bad
    assert account.bad <= 1


def test_a_wrong_checksum_is_told_and_the_lines_are_used(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(lines(event())))
    packed[-8] ^= 0xFF
    account = scanned(bytes(packed), tmp_path).accounting.files[0]

    assert account.good == 1
    assert "damaged" in account.incomplete


def test_a_byte_that_flipped_keeps_what_stands_before_it(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"".join(text + b"\n" for text in sample())))
    packed[len(packed) // 2] ^= 0xFF
    account = scanned(bytes(packed), tmp_path).accounting.files[0]

    assert "damaged" in account.incomplete
    assert account.good > 30
    assert account.lines == account.good + account.bad


def test_bytes_after_the_last_gzip_member_are_told_but_padding_is_not(tmp_path: Path) -> None:
    packed = gzip.compress(lines(event()))

    assert scanned(packed + b"\0" * 512, tmp_path).accounting.files[0].incomplete == ""
    assert "damaged" in scanned(packed + b"trailer", tmp_path).accounting.files[0].incomplete


def test_a_cut_container_gives_the_records_before_the_break(tmp_path: Path) -> None:
    content = insights(sample())
    found = scanned(content[: len(content) // 2], tmp_path).accounting

    assert found.good > 50
    assert (found.bad, found.lines) == (1, found.good + 1)


def test_a_truncated_zstd_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    zstd((b"\n".join(sample()) + b"\n") * 20, path)
    path.write_bytes(path.read_bytes()[:-20])
    with scan([path], rules()) as outcome:
        account = outcome.accounting.files[0]

    assert account.incomplete
    assert account.lines == account.good + account.bad


def test_lines_that_are_not_utf8_keep_their_place_in_zstd(tmp_path: Path) -> None:
    # Two bytes that are valid UTF-8 become invalid ones of the same length: the frame is not compressed.
    path = tmp_path / "log"
    path.write_bytes(stored_zstd(lines(event(auditID="1")) + b"\xff\xfe\n" + lines(event(auditID="2")) + b"\xff\n"))
    with scan([path], rules()) as outcome:
        account = outcome.accounting.files[0]

    assert [bad.line for bad in account.bad_lines] == [2, 4]
    assert (account.lines, account.good, account.bad) == (4, 2, 2)


def stored_zstd(content: bytes) -> bytes:
    """Return *content* as a zstd frame with one block that is not compressed."""
    header = b"\x28\xb5\x2f\xfd" + bytes([0b1010_0000]) + len(content).to_bytes(4, "little")
    return header + (len(content) << 3 | 1).to_bytes(3, "little") + content


@pytest.mark.parametrize(
    ("content", "problem", "words"),
    [
        pytest.param(b"", Problem.EMPTY, "empty", id="zero bytes, whatever its name"),
        pytest.param(gzip.compress(b""), Problem.EMPTY, "empty", id="an empty gzip"),
        pytest.param(b"\n\n  \n", Problem.EMPTY, "empty", id="blank lines"),
        pytest.param(b"hello\nworld\n", Problem.OTHER_KIND, "None of the 2 lines", id="text"),
        pytest.param(b'{"a":1}\n{"b":2}\n', Problem.OTHER_KIND, "another kind", id="JSON of another kind"),
        pytest.param(b'{"Records":[{"eventVersion":"1.08"}]}', Problem.OTHER_KIND, "another kind", id="CloudTrail"),
        pytest.param(
            b"I1123 06:53:27.585844      10 trace.go:236] x\n", Problem.OTHER_KIND, "another kind", id="klog alone"
        ),
        pytest.param(bytes(range(256)) * 10, Problem.OTHER_KIND, "another kind", id="binary"),
        pytest.param(b"\x1f\x8bnot gzip", Problem.UNREADABLE, "damaged", id="only the first bytes of gzip"),
        pytest.param(b"\x28\xb5\x2f\xfdnot zstd", Problem.UNREADABLE, "zstd", id="only the first bytes of zstd"),
    ],
)
def test_a_log_that_says_nothing_is_one_sentence(content: bytes, problem: Problem, words: str, tmp_path: Path) -> None:
    with pytest.raises(LogError, match=words) as caught:
        scanned(content, tmp_path)

    assert caught.value.problem is problem
    assert "\n" not in str(caught.value)


def test_an_empty_log_can_be_a_result(tmp_path: Path) -> None:
    found = scanned(b"", tmp_path, empty=True)

    assert found.accounting.lines == found.events_read == 0
    assert {result.observable for result in found.rules} == {"unknown"}


def test_a_missing_file_and_a_pattern_without_a_match_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.log", tmp_path / "*.log"):
        with pytest.raises(LogError) as caught, scan([path], rules()):
            pass

        assert caught.value.problem is Problem.MISSING
        assert str(path) in str(caught.value)


PIECES = st.sampled_from([GOOD, CUT, b"garbage", b"", b"  ", b"\xff", b"{", NESTED[:2_000], GOOD + b"\r"])


@settings(max_examples=10, deadline=None)
@given(pieces=st.lists(PIECES, min_size=1, max_size=12), end=st.booleans(), stamped=st.booleans())
def test_lines_are_good_bad_or_blank_exactly(
    pieces: list[bytes], end: bool, stamped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prefix = b"2026-11-23T07:00:00Z " if stamped else b""
    content = b"\n".join(prefix + piece if piece.strip() else piece for piece in pieces) + (b"\n" if end else b"")
    account = scanned(content, tmp_path_factory.mktemp("log"), empty=True).accounting
    expected = content.count(b"\n") + (not content.endswith(b"\n") and bool(content))

    assert account.lines == account.good + account.bad + account.blank == expected


def test_nothing_of_a_scan_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()
    scanned(lines(event()), tmp_path)
    with pytest.raises(LogError):
        scanned(b"nothing", tmp_path)

    assert list((tmp_path / "private").iterdir()) == []


def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    content = b"\n".join(sample()) + b"\n"
    first, second = (scanned(content, tmp_path, threads=threads) for threads in (1, 2))

    assert json.dumps(str(first.rules)) == json.dumps(str(second.rules))
    assert first.levels == second.levels
    assert Options().threads >= 1


def test_text_without_a_known_form_belongs_to_the_stream_of_its_file(tmp_path: Path) -> None:
    klog = b"I1123 06:53:27.585844      10 trace.go:236] x"
    stamp = b"2026-11-23T06:53:27.585Z "
    (tmp_path / "scheduler").write_bytes(stamp + klog + b"\n" + stamp + b"goroutine 1 [running]:\n" + b"garbage\n")
    (tmp_path / "audit").write_bytes(stamp + GOOD + b"\n" + stamp + b"goroutine 1 [running]:\n" + stamp + klog + b"\n")
    with scan([tmp_path / "audit", tmp_path / "scheduler"], rules()) as outcome:
        audit, scheduler = outcome.accounting.files

    assert (audit.good, audit.other, audit.bad) == (2, 1, 1)
    assert (scheduler.good, scheduler.other, scheduler.bad) == (2, 2, 1)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(LogError, match="loop") as caught, scan([tmp_path / "loop"], rules()):
        pass

    assert caught.value.problem in {Problem.UNREADABLE, Problem.MISSING}


def test_too_little_memory_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="The log engine could not go on"):
        scanned(b"\n".join(sample()) + b"\n", tmp_path, memory_limit="10MB")


def test_a_bad_line_takes_nothing_from_the_parts_that_are_read_with_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eksaminer.logs.feed.PART", 1)
    for name, odd in (("a", event(auditID="a2")), ("b", event(auditID="b2", verb=5)), ("c", event(auditID="c2"))):
        (tmp_path / name).write_bytes(lines(event(auditID=f"{name}1"), odd, event(auditID=f"{name}3")))

    with scan([tmp_path / name for name in "abc"], rules(), Options()) as outcome:
        files = [(file.good, [bad.line for bad in file.bad_lines]) for file in outcome.accounting.files]
        places = {
            (Path(hit.file).name, hit.line, hit.audit_id) for rule, hit in outcome.hits() if rule == "EKS-AWS-AUTH"
        }

    assert files == [(3, []), (2, [2]), (3, [])]
    assert places == {(name, number, f"{name}{number}") for name in "abc" for number in (1, 2, 3)} - {("b", 2, "b2")}


RECORD = {
    "eventID": "e-1", "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventTime": "2026-11-23T06:00:00Z",
    "userIdentity": {"type": "Root", "arn": "arn:aws:iam::111122223333:root"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"errorCode": 403}, "$.errorCode"),
        ({"errorCode": {"a": 1}}, "$.errorCode"),
        ({"userIdentity": {"type": ["Root"]}}, "$.userIdentity.type"),
        ({"userIdentity": {"arn": True}}, "$.userIdentity.arn"),
        ({"userIdentity": "Root"}, "$.userIdentity"),
    ],
)
def test_a_record_of_cloudtrail_whose_kind_has_another_type_is_counted_as_bad(
    wrong: dict[str, object], place: str, tmp_path: Path
) -> None:
    records = [RECORD, RECORD | {"eventID": "e-2"} | wrong]
    account = scanned(json.dumps({"Records": records}).encode(), tmp_path).accounting.files[0]

    assert (account.good, account.bad) == (1, 1)
    assert account.bad_lines[0].line == 2
    assert place in account.bad_lines[0].reason


def test_a_text_of_a_record_that_looks_like_another_type_is_none(tmp_path: Path) -> None:
    looks = {"errorCode": "403", "userIdentity": {"type": "{Root}", "arn": "true", "principalId": None}}
    records = [RECORD, RECORD | {"eventID": "e-2"} | looks, RECORD | {"eventID": "e-3", "userIdentity": None}]
    account = scanned(json.dumps({"Records": records}).encode(), tmp_path).accounting.files[0]

    assert (account.good, account.bad) == (3, 0)
