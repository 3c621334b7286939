import pytest
from tests.checks.judging import findings
from tests.samples import ALL_WRITES, DENIED, changed, store, stores, trail, trails

from eksaminer.evidence.cloudtrail import InsightSelector, InsightSelectors, Trail
from eksaminer.evidence.selectors import Selectors
from eksaminer.evidence.trail_insights import EventDataStores
from eksaminer_checks.use_cloudtrail_insights.insights_analyse_call_rate import insights_analyse_call_rate


def insights(*types: str, category: str = "Management") -> InsightSelectors:
    return InsightSelectors(items=tuple(InsightSelector(type=kind, categories=(category,)) for kind in types))


OFF = insights()
READS = Selectors(items=(changed(ALL_WRITES, read_write="ReadOnly"),))
STOPPED = changed(trail().status, logging=False)


@pytest.mark.parametrize(
    ("found", "call_rate", "error_rate"),
    [
        pytest.param((trail(),), "pass", "pass", id="both"),
        pytest.param((trail(insights=insights("ApiCallRateInsight")),), "pass", "review", id="call rate alone"),
        pytest.param((trail(insights=insights("ApiErrorRateInsight")),), "fail", None, id="error rate alone"),
        pytest.param((trail(insights=OFF),), "fail", None, id="off"),
        pytest.param(
            (trail(insights=insights("ApiCallRateInsight", category="Data")),), "fail", None, id="data events alone"
        ),
        pytest.param((trail(selectors=READS),), "fail", None, id="on, but not fed"),
        pytest.param((trail(status=STOPPED),), "fail", None, id="on, but not logging"),
        pytest.param((), "fail", None, id="no trail"),
        pytest.param((trail(insights=DENIED),), "not_assessed", None, id="not readable"),
        pytest.param((trail(insights=DENIED, status=STOPPED),), "fail", None, id="not readable, but not logging"),
        pytest.param((trail(status=DENIED),), "not_assessed", None, id="on; whether it is fed could not be seen"),
        pytest.param((trail(insights=DENIED), trail("b")), "pass", "pass", id="another trail does it"),
        pytest.param(
            (trail(insights=insights("ApiCallRateInsight")), trail("b", insights=DENIED)),
            "pass",
            "not_assessed",
            id="the other half might be on the other trail",
        ),
        pytest.param((trail(multi_region=False, home_region="us-east-1"),), "fail", None, id="of another region"),
    ],
)
def test_judges_what_analyses_the_region(found: tuple[Trail, ...], call_rate: str, error_rate: str | None) -> None:
    by_aspect = {item.aspect: item.status.value for item in findings(insights_analyse_call_rate, trails(*found))}

    assert by_aspect == {"call-rate": call_rate} | ({"error-rate": error_rate} if error_rate else {})


NO_INSIGHTS = trails(trail(insights=OFF))


@pytest.mark.parametrize(
    ("found", "call_rate", "error_rate"),
    [
        pytest.param(stores(store()), "pass", "pass", id="both, of another region"),
        pytest.param(stores(store(multi_region=False)), "fail", None, id="for another region alone"),
        pytest.param(
            stores(store(multi_region=False, region="eu-central-1")), "pass", "pass", id="for this region alone"
        ),
        pytest.param(stores(store(status="STOPPED_INGESTION")), "fail", None, id="stopped"),
        pytest.param(stores(store(status="PENDING_DELETION")), "fail", None, id="about to be deleted"),
        pytest.param(stores(store(selectors=READS)), "fail", None, id="reads alone"),
        pytest.param(stores(store(insights=OFF)), "fail", None, id="off"),
        pytest.param(stores(store(insights=insights("ApiCallRateInsight"))), "pass", "review", id="call rate alone"),
        pytest.param(stores(store(insights=DENIED)), "not_assessed", None, id="not readable"),
        pytest.param(stores(DENIED), "not_assessed", None, id="settings not readable"),
        pytest.param(stores(DENIED, store()), "pass", "pass", id="another does it"),
    ],
)
def test_an_event_data_store_may_analyse_instead(
    found: EventDataStores, call_rate: str, error_rate: str | None
) -> None:
    by_aspect = {item.aspect: item.status.value for item in findings(insights_analyse_call_rate, NO_INSIGHTS, found)}

    assert by_aspect == {"call-rate": call_rate} | ({"error-rate": error_rate} if error_rate else {})


def test_stores_that_could_not_be_listed_do_not_matter_beside_a_trail() -> None:
    found = findings(insights_analyse_call_rate, gaps={EventDataStores: DENIED})

    assert {item.status.value for item in found} == {"pass"}


def test_stores_that_could_not_be_listed_might_analyse() -> None:
    found = findings(insights_analyse_call_rate, NO_INSIGHTS, gaps={EventDataStores: DENIED})

    assert [item.status.value for item in found] == ["not_assessed"]


def test_a_missing_error_rate_is_of_low_severity() -> None:
    found = findings(insights_analyse_call_rate, trails(trail(insights=insights("ApiCallRateInsight"))))

    assert {item.aspect: item.severity.value for item in found} == {"call-rate": "medium", "error-rate": "low"}
