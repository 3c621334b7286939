"""Judges what the policies of a role, and its permissions boundary, let it do."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from eksaminer.access.escalation import ESCALATIONS, NOBODY, ON_ITS_POLICIES, ON_ITSELF, REACHES, Escalation
from eksaminer.access.grants import Grant, PermissionPolicyError, read_grants
from eksaminer.evidence.iam import PolicyDocument, RolePermissions, RolePolicies
from eksaminer.record import Record

Power = Literal["administrator", "escalates", "perhaps", "ordinary", "unknown"]
"""`escalates`: it can give itself more. `perhaps`: conditions, or a policy that could not be read, decide that."""
Answer = Literal["yes", "no", "depends"]

MOST_WAYS = 3
"""So many ways to more permissions are named."""
MOST_RESOURCES = 20
"""So many resources of a service are kept."""
EVERY_SERVICE = "*"
_MORE = "give more permissions to itself or others, or act as others,"
_READS = (
    "get", "list", "describe", "head", "view", "read", "search", "lookup", "query", "scan", "select", "check",
    "batchget", "batchcheck", "batchdescribe", "simulate", "estimate", "preview", "filter", "test", "download",
    "discover", "retrieve",
)  # fmt: skip
"""Actions that begin so change nothing, by AWS' own habit of naming; the others are taken for writing."""


class ServiceAccess(Record, frozen=True, kw_only=True):
    """What a role may do with one service."""

    service: str
    """The prefix of its actions; `*`: every service."""
    reads: bool
    writes: bool
    every_action: bool
    everywhere: bool
    """Whether on every resource."""
    resources: tuple[str, ...]
    """Otherwise the patterns of the resources, sorted; at most 20."""
    besides: tuple[str, ...] = ()
    """Actions that are left out of every service (`NotAction`); sorted."""


class Access(Record, frozen=True, kw_only=True):
    """What a role is allowed to do, as far as its own policies tell."""

    power: Power
    why: tuple[str, ...]
    """What makes it powerful, in sentences without their full stop."""
    services: tuple[ServiceAccess, ...]
    """Sorted by service."""
    boundary: str
    """ARN of the permissions boundary; empty: none."""
    limits: tuple[str, ...]
    """What could not be read or was not judged, in sentences."""

    @property
    def privileged(self) -> bool:
        """Whether it surely is an administrator, or can make itself one."""
        return self.power in ("administrator", "escalates")


@dataclass(frozen=True, slots=True)
class _Policies:
    """What has to allow an action: some policy of the role and, where it is known, the boundary."""

    grants: tuple[Grant, ...]
    boundary: tuple[Grant, ...] | None
    """None: there is none, or it could not be read; nothing is narrowed then."""

    def may(self, action: str, resources: Iterable[str]) -> Answer:
        """Return whether an action is allowed on one of *resources*; none given: on any resource at all."""
        answers = {self._on(action.lower(), resource) for resource in tuple(resources) or (None,)}
        return "yes" if "yes" in answers else "depends" if "depends" in answers else "no"

    def _on(self, action: str, resource: str | None) -> Answer:
        own = _allowed(self.grants, action, resource)
        if self.boundary is None or own == "no":
            return own
        within = _allowed(self.boundary, action, resource)
        return within if within != "yes" else own


def access_of(policies: RolePolicies, arn: str) -> Access:
    """Return what a role is allowed to do."""
    role = next((item for item in policies.roles if item.role == arn), None)
    if role is None:
        return Access(
            power="unknown", why=(), services=(), boundary="", limits=("Its policies are not among those read.",)
        )
    limits: list[str] = []
    grants = [grant for item in _documents(role, policies, limits) for grant in _read(item, limits)]
    unread = bool(limits)
    boundary = _boundary(role, policies, limits)
    bench = _Policies(tuple(grants), boundary)
    power, why = _power(bench, role, unread=unread)
    if any(not grant.is_certain for grant in grants):
        limits.append("Conditions and policy variables of its policies were not judged.")
    return Access(
        power=power,
        why=why,
        services=tuple(_services(bench)),
        boundary=role.boundary,
        limits=tuple(limits),
    )


def _documents(role: RolePermissions, policies: RolePolicies, limits: list[str]) -> Iterator[PolicyDocument]:
    yield from role.inline
    for arn in role.attached:
        found = policies.managed_policy(arn)
        if found is None:
            limits.append(f"The policy {arn} was not in the answer of IAM.")
        else:
            yield found


def _read(policy: PolicyDocument, limits: list[str]) -> tuple[Grant, ...]:
    try:
        return read_grants(policy.document)
    except PermissionPolicyError as error:
        limits.append(f"The policy {policy.name} cannot be read: {error}.")
        return ()


def _boundary(role: RolePermissions, policies: RolePolicies, limits: list[str]) -> tuple[Grant, ...] | None:
    if not role.boundary:
        return None
    found = policies.managed_policy(role.boundary)
    known = len(limits)
    grants = () if found is None else _read(found, limits)
    if found is None or len(limits) > known:
        limits.append(f"The permissions boundary {role.boundary} is not known, so nothing was taken off for it.")
        return None
    return grants


def _allowed(grants: tuple[Grant, ...], action: str, resource: str | None) -> Answer:
    """Return what policies say of an action on a resource; None: on some resource."""
    answer: Answer = "no"
    for grant in grants:
        if not grant.has_action(action) or (resource is not None and not grant.has_resource(resource)):
            continue
        if grant.allows:
            answer = "yes" if grant.is_certain else "depends" if answer == "no" else answer
    denied = [grant for grant in grants if not grant.allows and grant.has_action(action) and answer != "no"]
    for grant in denied:
        if grant.is_certain and (grant.is_everywhere if resource is None else grant.has_resource(resource)):
            return "no"
        if resource is None or grant.has_resource(resource):
            answer = "depends"
    return answer


def _power(policies: _Policies, role: RolePermissions, *, unread: bool) -> tuple[Power, tuple[str, ...]]:
    everything = policies.may(f"{NOBODY}:DoAnything", (f"arn:aws:{NOBODY}:::{NOBODY}",))
    ways = [(way, _way(policies, role, way)) for way in ESCALATIONS]
    sure = [way for way, answer in ways if answer == "yes"]
    perhaps = [way for way, answer in ways if answer == "depends"]
    if everything == "yes" and len(sure) == len(ESCALATIONS):
        return "administrator", ("It may do everything with every resource",)
    if sure:
        return "escalates", (f"It can {_MORE} by {_named(sure)}",)
    if perhaps:
        return "perhaps", (f"Under conditions that were not judged, it can {_MORE} by {_named(perhaps)}",)
    if unread:
        return "unknown", ()
    return "ordinary", ()


def _named(ways: list[Escalation]) -> str:
    more = len(ways) - MOST_WAYS
    names = ", ".join(way.shown for way in ways[:MOST_WAYS])
    return f"{names} and {more} more way{'' if more == 1 else 's'}" if more > 0 else names


def _way(policies: _Policies, role: RolePermissions, way: Escalation) -> Answer:
    answers = {policies.may(action, _asked_about(role, action.lower())) for action in way.actions}
    return "no" if "no" in answers else "depends" if "depends" in answers else "yes"


def _asked_about(role: RolePermissions, action: str) -> tuple[str, ...]:
    """Return the resources that an action is dangerous on; none: any."""
    kind = REACHES.get(action)
    if kind is None:
        return ()
    stranger = f"{role.role.partition(':role/')[0]}:{kind}/{NOBODY}"
    if action in ON_ITSELF:
        return (stranger, role.role)
    own = tuple(arn for arn in role.attached if ":iam::aws:" not in arn)
    return (stranger, *own) if action in ON_ITS_POLICIES else (stranger,)


@dataclass(slots=True)
class _Sum:
    reads: bool = False
    writes: bool = False
    every_action: bool = False
    everywhere: bool = False
    resources: set[str] | None = None
    besides: set[str] | None = None


def _services(policies: _Policies) -> Iterator[ServiceAccess]:
    denied = {
        action
        for grant in policies.grants
        if not grant.allows and not grant.not_actions and grant.is_certain and grant.is_everywhere
        for action in grant.actions
    }
    found: dict[str, _Sum] = {}
    for grant in policies.grants:
        if grant.allows:
            for service, reads, writes, every in _spoken_of(grant):
                if not {"*", f"{service}:*"} & denied:
                    _add(found.setdefault(service, _Sum()), grant, reads=reads, writes=writes, every=every)
    within = None if policies.boundary is None else tuple(grant for grant in policies.boundary if grant.allows)
    for service, total in sorted(found.items()):
        if within is None or _narrowed(service, total, within):
            yield ServiceAccess(
                service=service,
                reads=total.reads,
                writes=total.writes,
                every_action=total.every_action,
                everywhere=total.everywhere,
                resources=() if total.everywhere else tuple(sorted(total.resources or ()))[:MOST_RESOURCES],
                besides=tuple(sorted(total.besides or ())),
            )


def _spoken_of(grant: Grant) -> Iterator[tuple[str, bool, bool, bool]]:
    """Give for each action: its service, whether it reads or writes, and whether it is every action."""
    if grant.not_actions:
        yield EVERY_SERVICE, True, True, True
        return
    for action in grant.actions:
        service, colon, name = action.partition(":")
        if not colon or not service.strip("*"):
            yield EVERY_SERVICE, True, True, True
        elif not name.strip("*"):
            yield service, True, True, True
        else:
            reads = name.startswith(_READS)
            yield service, reads, not reads, False


def _add(total: _Sum, grant: Grant, *, reads: bool, writes: bool, every: bool) -> None:
    total.reads |= reads
    total.writes |= writes
    total.every_action |= every
    total.everywhere |= grant.is_everywhere
    if not grant.not_resources:
        total.resources = (total.resources or set()) | set(grant.resources)
    if grant.not_actions:
        total.besides = (total.besides or set()) | set(grant.actions)


def _narrowed(service: str, total: _Sum, boundary: tuple[Grant, ...]) -> bool:
    """Take off what the boundary does not allow; return whether something is left."""
    reads = writes = every = False
    for grant in boundary:
        for other, may_read, may_write, all_of_it in _spoken_of(grant):
            if EVERY_SERVICE in (service, other) or other == service:
                reads, writes, every = reads or may_read, writes or may_write, every or all_of_it
    total.reads &= reads
    total.writes &= writes
    total.every_action &= every
    return total.reads or total.writes


def in_words(access: Access, most: int = 6) -> str:
    """Return what a role may reach in one clause, naming at most so many services."""
    if access.power == "administrator":
        return "everything in the account"
    if access.power == "unknown" and not access.services:
        return "not known"
    parts = [_in_words(item) for item in access.services[:most]]
    more = len(access.services) - len(parts)
    if more > 0:
        parts.append(f"{more} more service{'' if more == 1 else 's'}")
    return ", ".join(parts) or "nothing by policies of its own"


def _in_words(item: ServiceAccess) -> str:
    name = "every service" if item.service == EVERY_SERVICE else item.service
    if item.besides:
        name += f" except {'/'.join(action.removesuffix(':*') for action in item.besides)}"
    verb = "all" if item.every_action else "read and write" if item.reads and item.writes else "read"
    if item.writes and not item.reads:
        verb = "write"
    return f"{name} ({verb}{'' if item.everywhere else ', some resources'})"
