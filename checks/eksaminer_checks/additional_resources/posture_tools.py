"""ADD-03: posture tools of the guide that run in the cluster."""

from collections.abc import Iterator

from eksaminer.api import (
    Basis,
    KubernetesObjects,
    Level,
    Scope,
    Severity,
    Target,
    Text,
    Verdict,
    check,
    conforms,
    not_applicable,
    unseen,
)
from eksaminer_checks.additional_resources._tools import POSTURE_TOOLS, found_in, unread


@check(
    id="ADD-03",
    title="Posture tools of the guide in the cluster",
    scope=Scope.CLUSTER,
    severity=Severity.INFORMATIONAL,
    basis=Basis.GUIDE,
    recommendation="additional-resources",
    criterion="Informs: which of the tools that the guide lists run in the cluster (Kubescape, Trivy Operator as the "
    "successor of Starboard, Starboard, Polaris, kubeaudit, kube-scan, kubesec, Snyk), known by their images, in which "
    "version and state. None of them is required.",
    remediation="Nothing has to be done. A tool that is not ready, or whose runs do not end well, finds nothing.",
    references=("https://docs.aws.amazon.com/eks/latest/best-practices/auditing-and-logging.html",),
    level=Level.ADVISED,
    deviations=(),
    texts={
        "ADD-03.seen": "{tool} runs in the cluster: {workloads}.",
        "ADD-03.noted": "{tool} ({note}) runs in the cluster: {workloads}.",
        "ADD-03.none": "None of these was seen among the Deployments, DaemonSets, StatefulSets, Jobs and CronJobs of "
        "the cluster: {tools}. Tools that run elsewhere, in a pipeline or as a service, are not seen.",
        "ADD-03.unread": "None of these was seen, and not all workloads could be read: {tools}.",
    },
)
def posture_tools(objects: KubernetesObjects, target: Target) -> Iterator[Verdict]:
    """Who compares the cluster with good practice, regularly, finds what an audit once a year does not.

    That such a tool is there says something good; that none is says nothing, as many run outside the cluster.
    """
    gap = unread(objects)
    found = {tool: items for tool in POSTURE_TOOLS if (items := found_in(objects, tool))}
    for tool, items in found.items():
        workloads = tuple(item.label for item in items)
        text = Text("ADD-03.seen", tool=tool.name, workloads=workloads)
        if tool.note:
            text = Text("ADD-03.noted", tool=tool.name, note=tool.note, workloads=workloads)
        images = tuple(sorted({image for item in items for image in item.workload.images}))
        yield conforms(
            target.resource, text, discriminator=tool.name, seen={"images": images}, limits=(gap,) if gap else ()
        )
    names = tuple(tool.name for tool in POSTURE_TOOLS)
    if not found and gap is not None:
        yield unseen(target.resource, gap, Text("ADD-03.unread", tools=names))
    elif not found:
        yield not_applicable(target.resource, Text("ADD-03.none", tools=names))
