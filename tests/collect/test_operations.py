"""The allow-list holds reads alone, and of each answer only what is listed is kept."""

import re
from typing import Any

import botocore.session
import pytest

from eksaminer.collect.operations import OPERATIONS, Operation
from eksaminer.collect.redact import KEPT, redacted
from eksaminer.evidence.sections import SECTIONS
from eksaminer.record import parse

ENTRIES = [pytest.param(operation, id=key) for key, operation in OPERATIONS.items()]
READS = re.compile(r"(Get|List|Describe|Lookup)[A-Z]")
OTHERS = {"AssumeRole", "StartQuery", "StopQuery", "TestMetricFilter", "Sign"}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    session = botocore.session.get_session()
    return {name: session.get_service_model(name) for name in {item.service for item in OPERATIONS.values()}}


@pytest.mark.parametrize("operation", ENTRIES)
def test_every_operation_reads_or_is_one_of_five_that_are_explained(operation: Operation) -> None:
    assert READS.match(operation.name) or operation.name in OTHERS


def test_only_starting_a_query_costs_money() -> None:
    assert [key for key, item in OPERATIONS.items() if item.access == "paid_read"] == ["logs:StartQuery"]


def test_only_signing_makes_a_signature() -> None:
    assert [key for key, item in OPERATIONS.items() if item.access == "signing"] == ["kms:Sign"]


@pytest.mark.parametrize("operation", ENTRIES)
def test_botocore_knows_the_operation_and_its_page_token(operation: Operation, models: dict[str, Any]) -> None:
    model = models[operation.service].operation_model(operation.name)

    assert not operation.next_page or operation.next_page in model.output_shape.members
    asked = operation.asks_page or operation.next_page
    assert not asked or asked in model.input_shape.members


@pytest.mark.parametrize("operation", ENTRIES)
def test_an_operation_with_pages_is_read_to_the_end(operation: Operation, models: dict[str, Any]) -> None:
    model = models[operation.service].operation_model(operation.name)
    names = {"nexttoken", "marker", "continuationtoken", "nextcontinuationtoken"}
    tokens = {name for name in model.output_shape.members if name.lower() in names}
    tokens -= {operation.asks_page}  # S3 says again what was asked for

    assert tokens == ({operation.next_page} if operation.next_page else set())


@pytest.mark.parametrize("operation", ENTRIES)
def test_what_is_kept_of_an_answer_exists_in_it(operation: Operation, models: dict[str, Any]) -> None:
    output = models[operation.service].operation_model(operation.name).output_shape

    for name, fields in KEPT[operation.key].items():
        shape = output.members[name] if name else output
        if shape.type_name == "map":
            continue  # the names are the keys of a map, which the model does not list
        members = shape.member.members if shape.type_name == "list" else shape.members
        assert set(fields.split()) <= set(members)


def test_every_operation_has_its_rule_of_what_is_kept() -> None:
    assert set(KEPT) == set(OPERATIONS)


def test_every_permission_of_a_section_is_an_operation_of_the_list() -> None:
    actions = {operation.permission for operation in OPERATIONS.values()}
    needed = {name for section in SECTIONS.values() for name in section.permissions if ":" in name}

    assert needed <= actions


def test_certificates_tags_and_tokens_of_a_cluster_are_not_kept() -> None:
    answer = {
        "cluster": {
            "name": "prod",
            "certificateAuthority": {"data": "secret"},
            "tags": {"owner": "secret"},
            "clientRequestToken": "secret",
            "logging": {"clusterLogging": []},
        },
        "nextToken": "secret",
    }

    assert redacted("eks:DescribeCluster", answer) == b'{"cluster":{"logging":{"clusterLogging":[]},"name":"prod"}}'


def test_of_an_update_only_the_logging_is_kept() -> None:
    answer = {
        "update": {
            "id": "1",
            "params": [
                {"type": "ClusterLogging", "value": "{}"},
                {"type": "ConfigurationValues", "value": "secret"},
            ],
        }
    }

    stored = redacted("eks:DescribeUpdate", answer)

    assert b"secret" not in stored
    assert b"ClusterLogging" in stored


def test_of_log_pages_only_number_and_digest_are_kept() -> None:
    rows = [[{"field": "@message", "value": "secret"}]]

    stored = redacted("logs:GetQueryResults", {"status": "Complete", "results": rows})

    kept = parse(stored, dict[str, Any])
    assert kept["status"] == "Complete"
    assert kept["results"]["rows"] == 1
    assert b"secret" not in stored


def test_credentials_of_a_role_are_not_kept() -> None:
    assert redacted("sts:AssumeRole", {"Credentials": {"SecretAccessKey": "secret"}}) == b"{}"
