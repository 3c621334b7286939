import pytest
from tests.checks.judging import statuses
from tests.checks.test_trail_records_region import MANAGEMENT, advanced, with_status
from tests.samples import ALL_WRITES, DENIED, changed, trail, trails

from eksaminer.evidence.cloudtrail import Trail
from eksaminer.evidence.selectors import Selectors
from eksaminer_checks.audit_cloudtrail_logs.trail_records_attribution import trail_records_attribution


def classic(read_write: str) -> Trail:
    return trail(selectors=Selectors(items=(changed(ALL_WRITES, read_write=read_write),)))


@pytest.mark.parametrize(
    ("found", "status"),
    [
        pytest.param((trail(),), "pass", id="all events"),
        pytest.param((classic("WriteOnly"),), "fail", id="writes alone"),
        pytest.param((classic("ReadOnly"),), "review", id="reads alone: Pod Identity may be a write"),
        pytest.param(
            (trail(selectors=advanced(MANAGEMENT, ("readOnly", "Equals", "false"))),), "fail", id="advanced, writes"
        ),
        pytest.param(
            (trail(selectors=advanced(MANAGEMENT, ("eventSource", "NotEquals", "sts.amazonaws.com"))),),
            "fail",
            id="advanced, without STS",
        ),
        pytest.param(
            (trail(selectors=advanced(MANAGEMENT, ("eventSource", "NotEquals", "eks-auth.amazonaws.com"))),),
            "fail",
            id="advanced, without Pod Identity",
        ),
        pytest.param(
            (trail(selectors=advanced(MANAGEMENT, ("eventName", "Equals", "AssumeRoleWithWebIdentity"))),),
            "fail",
            id="advanced, IRSA alone",
        ),
        pytest.param(
            (trail(selectors=advanced(MANAGEMENT, ("userIdentity.arn", "NotEndsWith", "/ci"))),),
            "review",
            id="advanced, not everyone",
        ),
        pytest.param((with_status(logging=False),), "fail", id="switched off"),
        pytest.param((trail(selectors=DENIED),), "not_assessed", id="not readable"),
        pytest.param((trail(), trail("b", selectors=DENIED)), "pass", id="another trail is not readable"),
        pytest.param((), "fail", id="no trail"),
    ],
)
def test_judges_what_is_recorded(found: tuple[Trail, ...], status: str) -> None:
    assert statuses(trail_records_attribution, trails(*found)) == [status]
