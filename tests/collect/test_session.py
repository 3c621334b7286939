"""The gate: nothing passes that is not on the list, nothing passes twice, and everything leaves a trace."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import pytest

from eksaminer.collect.aws.account import read_identity
from eksaminer.collect.clock import FixedClock, SystemClock
from eksaminer.collect.errors import SelectionError
from eksaminer.collect.gaps import gap_of
from eksaminer.collect.operations import OPERATIONS, Operation
from eksaminer.collect.session import Aws, CallFailed, Settings, UnknownOperationError
from eksaminer.demo.account import demo_account
from eksaminer.demo.emulator import Emulator
from eksaminer.record import sha256

from .collecting import ACCOUNT, NOW, RUN, gate

REGION = "eu-central-1"


def test_what_is_not_on_the_list_cannot_be_called(emulator: Emulator) -> None:
    with pytest.raises(KeyError):
        gate().call("eks:DeleteCluster", REGION, {"name": "prod-good"})

    assert emulator.calls == ()


def test_the_same_call_is_made_once_even_by_many_threads_at_once(emulator: Emulator) -> None:
    emulator.latency(0.1)
    aws = gate()
    start = threading.Barrier(8)

    def call(_: int) -> Any:
        start.wait()
        return aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))

    assert emulator.actions == ("eks:DescribeCluster",)
    assert all(answer is answers[0] for answer in answers)


def test_a_call_that_failed_is_not_tried_again(emulator: Emulator) -> None:
    emulator.deny("eks:DescribeCluster")
    aws = gate()

    for _ in range(2):
        with pytest.raises(CallFailed):
            aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})

    assert emulator.actions == ("eks:DescribeCluster",)


class BrokenClock(FixedClock):
    """Gives no time: what goes wrong after an answer has come, whatever it is."""

    def now(self) -> NoReturn:
        raise OSError("no clock")


def test_whoever_waits_for_an_answer_learns_what_went_wrong_with_it(emulator: Emulator) -> None:
    emulator.latency(0.1)
    aws = Aws(Settings(run_id=RUN, attempts=1), BrokenClock(NOW))
    start = threading.Barrier(4)

    def call(_: int) -> BaseException | None:
        start.wait()
        with pytest.raises(OSError, match="no clock") as raised:
            aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})
        return raised.value

    with ThreadPoolExecutor(4) as pool:
        errors = list(pool.map(call, range(4)))

    assert emulator.actions == ("eks:DescribeCluster",)
    assert all(error is errors[0] for error in errors)


def test_an_endpoint_that_is_not_there_is_asked_once(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    aws = gate(attempts=1)
    with pytest.raises(CallFailed):
        aws.call("eks:DescribeCluster", REGION, {"name": "a"})
    emulator.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)

    with pytest.raises(CallFailed):
        aws.call("eks:DescribeCluster", REGION, {"name": "b"})

    assert emulator.calls == ()


def test_a_source_says_what_was_asked_where_and_what_came(emulator: Emulator) -> None:
    aws = gate()

    answer = aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})

    source = aws.sources[answer.source.id]
    assert source.operation == "eks:DescribeCluster"
    assert source.parameters == {"name": "prod-good"}
    assert (source.region, source.time) == (REGION, NOW)
    assert source.request_id == emulator.calls[0].request_id
    assert source.sha256_stored == sha256(aws.answers[source.id])
    assert source.sha256_received != source.sha256_stored


def test_a_refused_call_is_a_source_too_without_the_message_of_aws(emulator: Emulator) -> None:
    emulator.deny("eks:DescribeCluster")
    aws = gate()

    with pytest.raises(CallFailed) as raised:
        aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})

    assert aws.answers[raised.value.source] == b'{"Error":{"Code":"AccessDeniedException"}}'


def test_ids_of_sources_depend_on_account_and_question_alone(emulator: Emulator) -> None:
    first, second, other = gate(), gate(run_id="ffffffffffff"), gate()
    other.account = ACCOUNT

    ids = [aws.call("eks:ListClusters", REGION).source.id for aws in (first, second, other)]

    assert ids[0] == ids[1] != ids[2]


def test_pages_are_numbered_and_their_tokens_are_not_kept(emulator: Emulator) -> None:
    emulator.load(demo_account(NOW))
    emulator.page_size = 1
    aws = gate()

    answers = list(aws.pages("eks:ListClusters", REGION))

    assert [answer.data["clusters"] for answer in answers] == [["prod-good"], ["team-neglected"]]
    assert [answer.source.parameters for answer in answers] == [{}, {"page": "2"}]
    assert all(b"oken" not in stored for stored in aws.answers.values())


def test_a_list_that_gives_the_same_token_again_ends_with_an_error(emulator: Emulator) -> None:
    emulator.garble("eks:ListClusters", b'{"clusters":["a"],"nextToken":"again"}')

    with pytest.raises(CallFailed) as raised:
        list(gate().pages("eks:ListClusters", REGION))

    assert (
        gap_of(raised.value).detail
        == "AWS gave the same page of eks:ListClusters in eu-central-1 twice: the list has no end."
    )


def test_an_operation_that_botocore_does_not_know_is_unsupported(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = {**OPERATIONS, "eks:DescribeTomorrow": Operation(service="eks", name="DescribeTomorrow")}
    monkeypatch.setattr("eksaminer.collect.session.OPERATIONS", later)

    with pytest.raises(CallFailed) as raised:
        gate().call("eks:DescribeTomorrow", REGION)

    assert isinstance(raised.value.error, UnknownOperationError)
    gap = gap_of(raised.value)
    assert (gap.cause, gap.sources) == ("unsupported", ())
    assert "install boto3" in gap.detail


def test_after_a_stop_only_what_ends_our_own_queries_is_called(emulator: Emulator) -> None:
    aws = gate()
    aws.stop()

    with pytest.raises(CallFailed):
        aws.call("eks:ListClusters", REGION)
    with pytest.raises(CallFailed):
        aws.call("logs:StopQuery", REGION, {"queryId": "none"})

    assert emulator.actions == ("logs:StopQuery",)


def test_the_offset_of_the_clock_is_measured_at_the_first_answer(emulator: Emulator) -> None:
    aws = Aws(Settings(run_id=RUN, attempts=1), SystemClock())

    read_identity(aws, REGION)

    assert aws.clock_offset_ms is not None
    assert aws.clock_offset_ms == pytest.approx((SystemClock().now() - NOW).total_seconds() * 1000, abs=60_000)


def test_a_clock_that_stands_still_is_compared_with_nothing(emulator: Emulator) -> None:
    aws = Aws(Settings(run_id=RUN, attempts=1), FixedClock(NOW))

    read_identity(aws, REGION)

    assert aws.clock_offset_ms is None


def test_a_clock_that_stands_still_waits_for_nothing_and_its_deadline_passes_all_the_same(emulator: Emulator) -> None:
    aws = gate(deadline=3600.0)
    aws.pause(1800)
    assert not aws.stopped

    aws.pause(7200)

    assert aws.stopped
    with pytest.raises(CallFailed):
        aws.call("eks:ListClusters", REGION)


def test_the_clock_of_the_machine_waits_until_the_run_is_stopped(emulator: Emulator) -> None:
    aws = Aws(Settings(run_id=RUN), SystemClock())
    waiting = threading.Thread(target=aws.pause, args=(600.0,), daemon=True)
    waiting.start()
    assert waiting.is_alive()

    aws.stop()

    waiting.join(10)
    assert not waiting.is_alive()


def test_a_profile_that_is_not_there_is_a_usage_error(emulator: Emulator) -> None:
    with pytest.raises(SelectionError, match="nowhere") as raised:
        gate(profile="nowhere")

    assert raised.value.exit_code == 2


def test_a_role_is_assumed_once_and_its_credentials_sign_the_calls(emulator: Emulator) -> None:
    aws = gate(role_arn=f"arn:aws:iam::{ACCOUNT}:role/Auditor")

    aws.call("eks:ListClusters", REGION)
    aws.call("eks:DescribeCluster", REGION, {"name": "prod-good"})

    assert emulator.actions == ("sts:AssumeRole", "eks:ListClusters", "eks:DescribeCluster")
    keys = [call.access_key for call in emulator.calls]
    assert keys[0] != keys[1] == keys[2]
    assert emulator.calls[0].parameters["RoleSessionName"] == f"eksaminer-{RUN}"


def test_a_role_that_may_not_be_assumed_ends_the_first_call(emulator: Emulator) -> None:
    emulator.deny("sts:AssumeRole")

    with pytest.raises(CallFailed) as raised:
        read_identity(gate(role_arn=f"arn:aws:iam::{ACCOUNT}:role/Auditor"), REGION)

    gap = gap_of(raised.value)
    assert (gap.cause, gap.permission) == ("denied", "sts:AssumeRole")


def test_knows_which_fields_the_installed_botocore_reads(emulator: Emulator) -> None:
    aws = gate()

    assert aws.knows("logs", "LogGroup", "deletionProtectionEnabled", REGION)
    assert not aws.knows("logs", "LogGroup", "somethingOfTomorrow", REGION)
