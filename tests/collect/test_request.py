"""Names of clusters and regions mean one thing, or the user is told why not."""

from pathlib import Path

import pytest

from eksaminer.collect.errors import SelectionError
from eksaminer.collect.request import (
    ClusterName,
    CollectRequest,
    OutOfScope,
    choose_clusters,
    choose_regions,
    split_by_cluster,
)
from eksaminer.evidence.account import ClusterList
from eksaminer.evidence.model import Target
from eksaminer.gap import Cause, Gap

ACCOUNT = Target(account="111122223333")
DENIED = Gap(cause=Cause.DENIED, detail="x", permission="eks:ListClusters")
ARN = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
OTHER_ARN = ARN.replace("111122223333", "999988887777")
KNOWN = ("ap-south-1", "eu-central-1", "eu-west-1", "us-east-1")
ENABLED = ("eu-central-1", "eu-west-1")


def listed(**regions: tuple[str, ...] | Gap) -> dict[str, ClusterList | Gap]:
    return {
        name.replace("_", "-"): names if isinstance(names, Gap) else ClusterList(names=names, selected=names)
        for name, names in regions.items()
    }


TWO = listed(eu_west_1=("dev", "prod", "prod-2"), eu_central_1=("prod", "staging"))


def chosen(*names: str, where: dict[str, ClusterList | Gap] | None = None, **request: object) -> list[str]:
    asked = CollectRequest(clusters=names, **request)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    selection = choose_clusters(asked, ACCOUNT, TWO if where is None else where)
    return [f"{target.region}/{target.cluster}" for target in selection.targets]


GIVEN = [
    pytest.param(
        (),
        ["eu-central-1/prod", "eu-central-1/staging", "eu-west-1/dev", "eu-west-1/prod", "eu-west-1/prod-2"],
        id="all",
    ),
    pytest.param(("dev",), ["eu-west-1/dev"], id="a name"),
    pytest.param(("prod-2",), ["eu-west-1/prod-2"], id="a name that begins like another"),
    pytest.param(("eu-west-1/prod",), ["eu-west-1/prod"], id="region and name"),
    pytest.param((ARN,), ["eu-west-1/prod"], id="an ARN"),
    pytest.param(("dev", "eu-west-1/dev", "staging"), ["eu-central-1/staging", "eu-west-1/dev"], id="one twice"),
]


@pytest.mark.parametrize(("names", "meant"), GIVEN)
def test_a_cluster_is_named_in_three_ways(names: tuple[str, ...], meant: list[str]) -> None:
    assert chosen(*names) == meant


REFUSED = [
    pytest.param("prod", "several clusters named prod", "eu-central-1/prod or eu-west-1/prod.", id="ambiguous"),
    pytest.param("prdo", "There is no cluster prdo in", "mean eu-central-1/prod or eu-west-1/prod", id="misspelt"),
    pytest.param("zzz", "no cluster zzz in eu-central-1, eu-west-1.", "are: eu-central-1/prod,", id="nothing like it"),
    pytest.param("us-east-1/prod", "us-east-1, which --region leaves out", "Add --region", id="another region"),
    pytest.param(OTHER_ARN, "to the account 999988887777", "--profile or --role-arn", id="another account"),
    pytest.param("a/b", '"a/b" names no cluster.', "NAME, REGION/NAME or the ARN", id="no region"),
    pytest.param("arn:aws:s3:::x", '"arn:aws:s3:::x" names no cluster.', "the ARN of an EKS", id="another ARN"),
    pytest.param("", '"" names no cluster.', "", id="empty"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "what", "do"), REFUSED)
def test_a_name_that_is_not_one_cluster_is_a_usage_error(name: str, what: str, do: str) -> None:
    with pytest.raises(SelectionError) as raised:
        chosen(name)

    assert raised.value.exit_code == 2
    assert what in raised.value.what
    assert do in raised.value.do


def test_a_cluster_with_its_region_is_taken_to_exist_where_none_may_be_listed() -> None:
    where = listed(eu_west_1=DENIED, eu_central_1=("staging",))

    assert chosen("eu-west-1/prod", where=where) == ["eu-west-1/prod"]
    assert chosen(ARN, where=where) == ["eu-west-1/prod"]


def test_a_bare_name_is_enough_where_one_region_is_meant_and_may_not_be_listed() -> None:
    assert chosen("prod", where=listed(eu_west_1=DENIED)) == ["eu-west-1/prod"]


def test_a_bare_name_that_may_be_in_a_region_that_cannot_be_listed_asks_for_the_region() -> None:
    with pytest.raises(SelectionError) as raised:
        chosen("prod", where=listed(eu_west_1=DENIED, eu_central_1=("staging",)))

    assert "the clusters of eu-west-1 cannot be listed" in raised.value.what
    assert raised.value.do == "If it is there, name it REGION/prod."


def test_what_is_out_of_scope_is_left_out_and_kept_with_its_reason() -> None:
    scope = (OutOfScope(what="eu-west-1/dev", reason="sandbox"), OutOfScope(what="us-east-1", reason="closed"))
    request = CollectRequest(out_of_scope=scope)

    selection = choose_clusters(request, ACCOUNT, TWO)

    assert "dev" not in {target.cluster for target in selection.targets}
    assert [(target.label, reason) for target, reason in selection.excluded] == [
        ("111122223333/us-east-1", "closed"),
        ("111122223333/eu-west-1/dev", "sandbox"),
    ]


REGIONS = [
    pytest.param(CollectRequest(), ENABLED, ENABLED, id="all that are enabled"),
    pytest.param(CollectRequest(regions=("eu-west-1",)), ENABLED, ("eu-west-1",), id="the asked one"),
    pytest.param(CollectRequest(regions=("eu-west-1", "eu-west-1")), ENABLED, ("eu-west-1",), id="one asked twice"),
    pytest.param(
        CollectRequest(clusters=("eu-west-1/a", "eu-west-1/b")), ENABLED, ("eu-west-1",), id="of the clusters"
    ),
    pytest.param(CollectRequest(clusters=("eu-west-1/a", "b")), ENABLED, ENABLED, id="one cluster without a region"),
    pytest.param(CollectRequest(), DENIED, KNOWN, id="all that are known, where none may be listed"),
    pytest.param(CollectRequest(regions=("us-east-1",)), DENIED, ("us-east-1",), id="the asked one, unlisted"),
    pytest.param(
        CollectRequest(out_of_scope=(OutOfScope(what="eu-west-1", reason="x"),)),
        ENABLED,
        ("eu-central-1",),
        id="one out of scope",
    ),
]


@pytest.mark.parametrize(("request_", "enabled", "meant"), REGIONS)
def test_regions_are_those_asked_for_or_all(
    request_: CollectRequest, enabled: tuple[str, ...] | Gap, meant: tuple[str, ...]
) -> None:
    assert choose_regions(request_, enabled, KNOWN) == meant


NO_REGION = [
    pytest.param("eu-wset-1", ENABLED, "There is no region eu-wset-1.", "Did you mean eu-west-1?", id="misspelt"),
    pytest.param("us-east-1", ENABLED, "The region us-east-1 is not enabled", "Enabled are: eu-central-1", id="off"),
    pytest.param("eu-wset-1", DENIED, "There is no region eu-wset-1.", "eu-west-1", id="misspelt, unlisted"),
    pytest.param("x", ENABLED, "There is no region x.", "", id="nothing like it"),
]


@pytest.mark.parametrize(("name", "enabled", "what", "do"), NO_REGION)
def test_a_region_that_is_not_there_is_a_usage_error(
    name: str, enabled: tuple[str, ...] | Gap, what: str, do: str
) -> None:
    with pytest.raises(SelectionError) as raised:
        choose_regions(CollectRequest(regions=(name,)), enabled, KNOWN)

    assert what in raised.value.what
    assert do in raised.value.do


def targets(*names: str) -> list[Target]:
    return [Target(account="111122223333", region=name.split("/")[0], cluster=name.split("/")[1]) for name in names]


def test_a_log_without_a_cluster_belongs_to_the_only_one() -> None:
    (only,) = targets("eu-west-1/prod")

    assert split_by_cluster(["a.jsonl", "b.jsonl"], "--logs", "x/", [only]) == {
        only: (Path("a.jsonl"), Path("b.jsonl"))
    }


def test_a_log_without_a_cluster_is_a_usage_error_that_shows_how_to_say_it() -> None:
    with pytest.raises(SelectionError) as raised:
        split_by_cluster(["a.jsonl"], "--logs", "audit-logs/", targets("eu-west-1/prod", "eu-west-1/dev"))

    assert "--logs a.jsonl does not say of which cluster it is" in raised.value.what
    assert raised.value.do == "Write CLUSTER=PATH: --logs eu-west-1/prod=audit-logs/"


def test_logs_are_given_to_the_clusters_they_name() -> None:
    prod, dev = targets("eu-west-1/prod", "eu-west-1/dev")

    found = split_by_cluster(["prod=a", "eu-west-1/dev=b=c"], "--logs", "x/", [prod, dev])

    assert found == {prod: (Path("a"),), dev: (Path("b=c"),)}


def test_a_path_that_exists_is_a_path_whatever_it_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dev=log").touch()
    (prod,) = targets("eu-west-1/prod")

    assert split_by_cluster(["dev=log"], "--logs", "x/", [prod]) == {prod: (Path("dev=log"),)}


NOT_MEANT = [
    pytest.param("stage=a", ["eu-west-1/prod"], "names the cluster stage, which is not in scope", id="unknown"),
    pytest.param("a", [], "no cluster is in scope", id="no cluster at all"),
    pytest.param("prod=a", ["eu-west-1/prod", "us-east-1/prod"], "2 clusters are meant", id="ambiguous"),
]


@pytest.mark.parametrize(("given", "scope", "what"), NOT_MEANT)
def test_a_log_of_no_cluster_in_scope_is_a_usage_error(given: str, scope: list[str], what: str) -> None:
    with pytest.raises(SelectionError) as raised:
        split_by_cluster([given], "--logs", "x/", targets(*scope))

    assert what in raised.value.what


def test_a_name_fits_by_whole_words_alone() -> None:
    (two,) = targets("eu-west-1/prod-2")

    assert not ClusterName.parse("prod").fits(two)
    assert not ClusterName.parse("eu-west-2/prod-2").fits(two)
    assert ClusterName.parse("prod-2").fits(two)
