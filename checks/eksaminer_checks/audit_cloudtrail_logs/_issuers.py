"""Which cluster an issuer belongs to, and what may hide one. Shared by IRSA-04 and CT-06."""

import re

from eksaminer.api import Cluster, Every, Gap

_REGION = re.compile(r"oidc[.-]eks\.([a-z0-9-]+)\.")


def region_of(issuer: str) -> str:
    """Return the region that an issuer of EKS names; empty: it names none."""
    found = _REGION.match(issuer.lower())
    return found[1] if found else ""


def hides(clusters: Every[Cluster], region: str) -> Gap | None:
    """Return why a cluster of *region* (empty: of any) may not have been seen; None: all of them were."""
    if clusters.complete or (region and clusters.complete_in(region)):
        return None
    unlisted = clusters.unlisted
    hidden = [unlisted[name] for name in (region, "*") if name in unlisted]
    hidden += [gap for target, gap in clusters.gaps if not region or target.region == region]
    hidden += [] if region else [unlisted[name] for name in sorted(unlisted)]
    return next((gap for gap in hidden if gap.cause.gates), next(iter(hidden), None))
