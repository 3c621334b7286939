from tests.checks.judging import findings, statuses
from tests.samples import group

from eksaminer.gap import Cause, Gap
from eksaminer_checks.enable_audit_logs.deletion_protected import deletion_protected

OLD = Gap(cause=Cause.UNSUPPORTED, detail="botocore is too old to show it.")


def test_passes_when_protection_is_on() -> None:
    assert statuses(deletion_protected, group(deletion_protection=True)) == ["pass"]


def test_advises_protection_when_it_is_off() -> None:
    assert statuses(deletion_protected, group(deletion_protection=False)) == ["review"]


def test_is_not_assessed_when_the_client_cannot_show_it() -> None:
    (finding,) = findings(deletion_protected, group(deletion_protection=OLD))

    assert finding.status == "not_assessed"
    assert finding.cause is not None
    assert finding.cause.cause == "unsupported"
