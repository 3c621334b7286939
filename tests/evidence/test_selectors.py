"""Event selectors as predicates, against the rules of the user guide."""

from __future__ import annotations

import pytest

from eksaminer.evidence.selectors import FieldSelector, Operator, Selector, Selectors, TrailCall

WRITE = TrailCall(source="eks.amazonaws.com", name="UpdateClusterConfig", read_only=False)
READ = TrailCall(source="sts.amazonaws.com", name="AssumeRoleWithWebIdentity", read_only=True)
EITHER = TrailCall(source="eks-auth.amazonaws.com", name="AssumeRoleForPodIdentity", read_only="unknown")
Condition = tuple[str, Operator, tuple[str, ...]]


def advanced(*conditions: Condition, management: bool = True) -> Selector:
    fields = tuple(FieldSelector(field=name, operator=how, values=values) for name, how, values in conditions)
    return Selector(
        name="", classic=False, read_write="", management=management, excluded_sources=(), fields=fields
    )  # fmt: skip


def classic(read_write: str, *excluded: str, management: bool = True) -> Selector:
    return Selector(
        name="", classic=True, read_write=read_write, management=management, excluded_sources=excluded, fields=()
    )


CATEGORY: Condition = ("eventCategory", "Equals", ("Management",))


@pytest.mark.parametrize(
    ("selector", "write", "read", "either"),
    [
        pytest.param(classic("All"), "yes", "yes", "yes", id="all"),
        pytest.param(classic("WriteOnly"), "yes", "no", "depends", id="writes"),
        pytest.param(classic("ReadOnly"), "no", "yes", "depends", id="reads"),
        pytest.param(classic("All", management=False), "no", "no", "no", id="no management events"),
        pytest.param(classic("All", "sts.amazonaws.com"), "yes", "no", "yes", id="without a source"),
        pytest.param(advanced(CATEGORY), "yes", "yes", "yes", id="advanced, all"),
        pytest.param(advanced(CATEGORY, management=False), "no", "no", "no", id="advanced, another category"),
        pytest.param(advanced(CATEGORY, ("readOnly", "Equals", ("false",))), "yes", "no", "depends", id="advanced, w"),
        pytest.param(
            advanced(CATEGORY, ("eventSource", "Equals", ("eks.amazonaws.com", "sts.amazonaws.com"))),
            "yes", "yes", "no", id="one of several values",
        ),
        pytest.param(
            advanced(CATEGORY, ("eventSource", "NotEquals", ("kms.amazonaws.com", "sts.amazonaws.com"))),
            "yes", "no", "yes", id="none of several values",
        ),
        pytest.param(
            advanced(
                CATEGORY,
                ("eventSource", "Equals", ("sts.amazonaws.com",)),
                ("eventSource", "StartsWith", ("eks",)),
            ),
            "yes", "yes", "yes", id="what selects is joined by or",
        ),
        pytest.param(
            advanced(
                CATEGORY, ("eventSource", "StartsWith", ("eks",)), ("eventSource", "NotStartsWith", ("eks-auth",))
            ),
            "yes", "no", "no", id="what leaves out is joined by and",
        ),
        pytest.param(
            advanced(CATEGORY, ("eventName", "EndsWith", ("Config",))), "yes", "no", "no", id="the end of a name"
        ),
        pytest.param(
            advanced(CATEGORY, ("eventName", "NotEndsWith", ("Identity",))), "yes", "no", "no", id="not the end"
        ),
        pytest.param(
            advanced(CATEGORY, ("eventType", "Equals", ("AwsServiceEvent",))), "no", "no", "no", id="another type"
        ),
        pytest.param(
            advanced(CATEGORY, ("userIdentity.arn", "NotStartsWith", ("arn:aws:sts::1:x",))),
            "depends", "depends", "depends", id="who calls",
        ),
        pytest.param(
            advanced(CATEGORY, ("userIdentity.arn", "Equals", ("x",)), ("readOnly", "Equals", ("true",))),
            "no", "depends", "depends", id="who calls, and what is excluded for sure",
        ),
    ],
)  # fmt: skip
def test_says_what_it_takes(selector: Selector, write: str, read: str, either: str) -> None:
    assert [selector.takes(call) for call in (WRITE, READ, EITHER)] == [write, read, either]


def test_an_event_is_recorded_if_any_selector_takes_it() -> None:
    both = Selectors(items=(classic("WriteOnly"), classic("ReadOnly")))

    assert both.takes(WRITE) == both.takes(READ) == "yes"
    assert Selectors(items=()).takes(WRITE) == "no"
    assert not Selectors(items=(classic("ReadOnly"),)).takes_any([WRITE])
