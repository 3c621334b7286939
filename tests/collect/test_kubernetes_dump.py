"""Reading a folder of `kubectl get -o json` files, whole, partial and hostile."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eksaminer.collect import kubernetes_dump
from eksaminer.collect.clock import FixedClock
from eksaminer.collect.kubernetes_dump import read_dump
from eksaminer.collect.kubernetes_kinds import KINDS
from eksaminer.errors import InputError, UsageError
from eksaminer.evidence.kubernetes import KubernetesObjects
from eksaminer.evidence.model import Source
from eksaminer.gap import Cause, Gap
from eksaminer.record import sha256

HERE = Path(__file__).resolve().parent
SMALL = HERE / "kubernetes_data" / "dump"
SHARED = HERE.parents[1] / "../shared/data/kubernetes-objects"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def read(folder: Path, kept: list[tuple[Source, bytes]] | None = None) -> KubernetesObjects:
    sources = [] if kept is None else kept
    return read_dump(folder, recorder=lambda source, data: sources.append((source, data)), clock=FixedClock(NOW))


def an_object(kind: str, name: str, namespace: str = "kube-system", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": meta} | more


def a_list(*items: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(items), "metadata": {"resourceVersion": ""}}


def write(folder: Path, name: str, value: Any) -> None:
    (folder / name).write_text(json.dumps(value))


def gap(found: KubernetesObjects, field: str) -> Gap:
    value = getattr(found, field)
    assert isinstance(value, Gap)
    return value


def names(found: KubernetesObjects, field: str) -> list[str]:
    value = getattr(found, field)
    assert not isinstance(value, Gap)
    return [each.name for each in value]


def test_a_dump_of_one_file_per_kind_and_mixed_files_is_read() -> None:
    found = read(SMALL)

    assert names(found, "service_accounts") == ["aws-load-balancer-controller", "aws-node", "default", "payments-api"]
    assert names(found, "cluster_roles") == ["cluster-admin", "system:discovery"]
    assert names(found, "mutating_webhooks") == ["iam-for-pods.amazonaws.com"]
    assert names(found, "daemon_sets") == ["aws-node"]
    assert found.validating_webhooks == ()
    assert found.cron_jobs == ()
    assert not isinstance(found.aws_auth, Gap)
    assert "rolearn" in found.aws_auth.map_roles


def test_a_missing_kind_is_a_gap_that_names_the_command() -> None:
    found = read(SMALL)

    missing = gap(found, "stateful_sets")
    assert missing.cause is Cause.NOT_REQUESTED
    assert missing.permission == "list statefulsets.apps"
    assert "kubectl get statefulsets.apps --all-namespaces -o json > statefulsets.json" in missing.detail


def test_nothing_secret_of_a_pod_is_kept() -> None:
    kept: list[tuple[Source, bytes]] = []
    found = read(SMALL, kept)

    assert not isinstance(found.pods, Gap)
    (pod,) = [each for each in found.pods if each.name == "legacy-job"]
    everything = repr(found).encode() + b"".join(data for _, data in kept)
    assert pod.images
    assert b"AWS_SECRET_ACCESS_KEY" in (SMALL / "pods.json").read_bytes()
    assert b"AWS_SECRET_ACCESS_KEY" not in everything
    assert b"DB_PASSWORD" not in everything


def test_each_file_is_a_source_with_the_digest_of_its_bytes() -> None:
    kept: list[tuple[Source, bytes]] = []
    found = read(SMALL, kept)

    assert found.sources == tuple(source.id for source, _ in kept)
    assert len(set(found.sources)) == len(list(SMALL.iterdir()))
    for source, data in kept:
        assert source.sha256_received == sha256(Path(source.parameters["path"]).read_bytes())
        assert source.sha256_stored == sha256(data)
        assert (source.operation, source.time) == ("file", NOW)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real dumps of ../shared are absent")
@pytest.mark.parametrize("state", ["before", "after"])
def test_a_real_cluster_is_read(state: str) -> None:
    found = read(SHARED / state)

    gaps = {kind.field for kind in KINDS if isinstance(getattr(found, kind.field), Gap)}
    assert gaps == {"stateful_sets", "jobs"}
    for kind in KINDS:
        path = SHARED / state / f"{kind.resource}.json"
        if path.exists() and not kind.field.endswith(("webhooks", "auth")):
            assert len(getattr(found, kind.field)) == len(json.loads(path.read_bytes())["items"])


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real dumps of ../shared are absent")
def test_one_mixed_file_gives_the_same_as_many(tmp_path: Path) -> None:
    paths = sorted((SHARED / "after").glob("*.json"))
    everything = [item for path in paths for item in json.loads(path.read_bytes()).get("items", [])]
    with gzip.open(tmp_path / "all.json.gz", "wt") as stream:
        json.dump(a_list(*everything), stream)
    write(tmp_path, "validatingwebhookconfigurations.json", a_list())
    write(tmp_path, "cronjobs.json", a_list())

    one, many = read(tmp_path), read(SHARED / "after")

    assert [getattr(one, kind.field) for kind in KINDS] == [getattr(many, kind.field) for kind in KINDS]


TEXT = json.dumps(a_list(an_object("ServiceAccount", "a")))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(TEXT.encode(), id="plain"),
        pytest.param(gzip.compress(TEXT.encode()), id="gzip under any name"),
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), id="UTF-8 with a mark"),
        pytest.param(TEXT.encode("utf-16"), id="UTF-16, as PowerShell redirects"),
        pytest.param(b"\n  " + TEXT.encode(), id="leading space"),
    ],
)
def test_encodings_are_recognised_by_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    assert names(read(tmp_path), "service_accounts") == ["a"]


def test_a_single_object_and_a_list_as_the_server_writes_it_are_read(tmp_path: Path) -> None:
    write(tmp_path, "one.json", an_object("ServiceAccount", "a"))
    items = [{"metadata": {"name": "p", "namespace": "n"}, "spec": {}}]
    write(tmp_path, "raw.json", {"kind": "PodList", "apiVersion": "v1", "items": items})
    write(tmp_path, "none.json", {"kind": "CronJobList", "apiVersion": "batch/v1", "items": None})

    found = read(tmp_path)

    assert names(found, "service_accounts") == ["a"]
    assert names(found, "pods") == ["p"]
    assert found.cron_jobs == ()


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        pytest.param("pods.json", {"pods"}, id="plural"),
        pytest.param("Pod.json", {"pods"}, id="kind"),
        pytest.param("prod-cluster-roles.json", {"cluster_roles"}, id="words apart"),
        pytest.param("cronjobs.batch.json", {"cron_jobs"}, id="with group"),
        pytest.param("pods_and_jobs.json", {"pods", "jobs"}, id="two kinds"),
        pytest.param("aws-auth.json", {"aws_auth"}, id="the one ConfigMap"),
        pytest.param("podsecuritypolicies.json", set(), id="a kind that only begins so"),
        pytest.param("all.json", set(), id="no kind"),
    ],
)
def test_the_kind_of_an_empty_list_is_told_by_its_file(tmp_path: Path, file: str, fields: set[str]) -> None:
    write(tmp_path, "sa.json", an_object("ServiceAccount", "a"))
    write(tmp_path, file, a_list())

    found = read(tmp_path)

    known = {kind.field for kind in KINDS if not isinstance(getattr(found, kind.field), Gap)}
    assert known == {"service_accounts"} | fields


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(an_object("Secret", "s", data={"k": "aHVudGVyMg=="}), id="a secret"),
        pytest.param(
            {"apiVersion": "iam.services.k8s.aws/v1alpha1", "kind": "Role", "metadata": {"name": "r"}},
            id="a Role of another group",
        ),
        pytest.param(an_object("ConfigMap", "passwords", "default"), id="another ConfigMap"),
    ],
)
def test_other_objects_are_passed_over(tmp_path: Path, value: dict[str, Any]) -> None:
    write(tmp_path, "x.json", a_list(value, an_object("ServiceAccount", "a")))
    kept: list[tuple[Source, bytes]] = []

    found = read(tmp_path, kept)

    assert names(found, "service_accounts") == ["a"]
    assert isinstance(found.roles, Gap)
    assert b"aHVudGVyMg" not in kept[0][1]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        pytest.param(an_object("ServiceAccount", "default", "team"), "service_accounts", id="service accounts"),
        pytest.param(an_object("ConfigMap", "settings", "team"), "aws_auth", id="ConfigMaps"),
    ],
)
def test_a_list_of_some_namespaces_is_not_taken_for_the_whole(
    tmp_path: Path, value: dict[str, Any], field: str
) -> None:
    write(tmp_path, "x.json", a_list(value))

    partial = gap(read(tmp_path), field)

    assert partial.cause is Cause.NOT_REQUESTED
    assert "some namespaces only" in partial.detail


def test_config_maps_of_the_system_without_aws_auth_say_that_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, "x.json", a_list(an_object("ConfigMap", "coredns")))

    found = read(tmp_path)

    assert not isinstance(found.aws_auth, Gap)
    assert found.aws_auth.exists is False


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "it is empty", id="empty"),
        pytest.param(b"{", "it is not JSON", id="cut off"),
        pytest.param(b"[]", "it is not a JSON object", id="an array"),
        pytest.param(b"kind: List", "it is not a JSON object", id="YAML"),
        pytest.param(b'{"kind": 5}', "not as Kubernetes writes it", id="a number for a kind"),
        pytest.param(b'{"kind": "List", "items": 5}', "not as Kubernetes writes it", id="a number for items"),
        pytest.param(b'{"kind": "List", "items": [5]}', "not as Kubernetes writes it", id="a number for an item"),
        pytest.param(b'{"x":' + b"[" * 1_000_000, "nested too deeply", id="nested without end"),
        pytest.param(b'{"kind": "\xff"}', "it is not JSON", id="bad UTF-8"),
        pytest.param(b"\xff\xfe\x00", "it is not text", id="bad UTF-16"),
        pytest.param(gzip.compress(b'{"kind": "List"}')[:-9], "cut off", id="cut gzip"),
        pytest.param(b"\x1f\x8b nonsense", "damaged", id="damaged gzip"),
        pytest.param(
            json.dumps(an_object("Pod", "p", spec=5)).encode(), "not as Kubernetes writes it", id="another shape"
        ),
        pytest.param(b'{"kind": "List", "items": [], "metadata": {"continue": "t"}}', "one page", id="first page only"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_gap_of_its_kind_alone(tmp_path: Path, content: bytes, why: str) -> None:
    write(tmp_path, "sa.json", an_object("ServiceAccount", "a"))
    write(tmp_path, "more-pods.json", a_list(an_object("Pod", "p", spec={})))
    (tmp_path / "pods.json").write_bytes(content)

    found = read(tmp_path)

    spoilt = gap(found, "pods")
    assert spoilt.cause is Cause.ERROR
    assert "pods.json" in spoilt.detail
    assert why in spoilt.detail
    assert names(found, "service_accounts") == ["a"]


def test_a_broken_file_whose_name_tells_no_kind_may_have_held_any(tmp_path: Path) -> None:
    write(tmp_path, "sa.json", an_object("ServiceAccount", "a"))
    (tmp_path / "dump.json").write_bytes(b'{"kind": "List", "items": [')

    found = read(tmp_path)

    assert {gap(found, kind.field).cause for kind in KINDS} == {Cause.ERROR}


def test_two_files_that_disagree_about_an_object_are_not_one_cluster(tmp_path: Path) -> None:
    for number in (1, 2):
        spec = {"containers": [{"image": f"web:{number}"}]}
        write(tmp_path, f"{number}.json", a_list(an_object("Pod", "web", spec=spec)))

    spoilt = gap(read(tmp_path), "pods")

    assert spoilt.cause is Cause.ERROR
    assert "kube-system/web in 2.json differs" in spoilt.detail


def test_the_same_object_in_two_files_counts_once(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        write(tmp_path, name, a_list(an_object("Pod", "web", spec={})))

    assert names(read(tmp_path), "pods") == ["web"]


@pytest.mark.parametrize("pack", [pytest.param(bytes, id="plain"), pytest.param(gzip.compress, id="gzip bomb")])
def test_a_file_that_is_too_large_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(kubernetes_dump, "FILE_LIMIT", 4096)
    (tmp_path / "pods.json").write_bytes(pack(b'{"kind": "List", "items": []' + b" " * 5000 + b"}"))

    assert "larger than" in gap(read(tmp_path), "pods").detail


def test_files_of_other_kinds_and_folders_are_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "sa.json", an_object("ServiceAccount", "a"))
    (tmp_path / "README").write_text("notes")
    (tmp_path / ".hidden.json").write_text("{")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "pods.json").write_text("{")
    write(tmp_path, "version.json", {"serverVersion": {"major": "1"}})
    kept: list[tuple[Source, bytes]] = []

    found = read(tmp_path, kept)

    assert [Path(source.parameters["path"]).name for source, _ in kept] == ["sa.json"]
    assert gap(found, "pods").cause is Cause.NOT_REQUESTED


def test_a_folder_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be opened"):
        read(tmp_path / "absent")


def test_a_folder_without_objects_is_an_input_error_that_says_how_to_fill_it(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("notes")

    with pytest.raises(InputError, match="holds no Kubernetes objects") as caught:
        read(tmp_path)

    assert "kubectl get serviceaccounts --all-namespaces" in caught.value.do
