"""Reads a permission policy: hostile JSON in, typed statements out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from eksaminer.trust import LARGEST, Value, read_value

_VARIABLES_SINCE = "2012-10-17"


class PermissionPolicyError(ValueError):
    """A document that is no permission policy; the message says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of a permission policy."""

    allows: bool
    """False: Deny."""
    actions: tuple[str, ...]
    """In lower case."""
    action_values: tuple[Value, ...]
    not_actions: bool
    resources: tuple[str, ...]
    resource_values: tuple[Value, ...]
    not_resources: bool
    conditional: bool
    """Whether it has conditions: they are not judged."""

    def has_action(self, action: str) -> bool:
        """Return whether it speaks of an action, given in lower case."""
        return any(value.glob.matches(action) for value in self.action_values) != self.not_actions

    def has_resource(self, resource: str) -> bool:
        """Return whether it may speak of a resource."""
        return any(value.glob.matches(resource) for value in self.resource_values) != self.not_resources

    @property
    def is_certain(self) -> bool:
        """Whether neither a condition nor a policy variable decides if it applies."""
        return not self.conditional and all(value.certain for value in self.resource_values)

    @property
    def is_everywhere(self) -> bool:
        """Whether it speaks of every resource, or of all but some."""
        return self.not_resources or "*" in self.resources


@lru_cache(maxsize=4096)
def read_grants(document: str) -> tuple[Grant, ...]:
    """Return the statements of a policy, given as JSON.

    Raises:
        PermissionPolicyError: It is no permission policy.
    """
    if len(document) > LARGEST:
        raise PermissionPolicyError(f"it is larger than {LARGEST:,} characters")
    try:
        data = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise PermissionPolicyError("it is not JSON") from error
    if not isinstance(data, Mapping) or "Statement" not in data:
        raise PermissionPolicyError("it has no Statement")
    variables = str(data.get("Version", "")) >= _VARIABLES_SINCE
    found = data["Statement"]
    return tuple(_grant(entry, variables=variables) for entry in (found if isinstance(found, list) else [found]))


def _grant(entry: Any, *, variables: bool) -> Grant:
    if not isinstance(entry, Mapping) or entry.get("Effect") not in ("Allow", "Deny"):
        raise PermissionPolicyError("a statement of it has no Effect")
    not_actions, actions = _texts(entry, "Action")
    not_resources, resources = _texts(entry, "Resource")
    folded = tuple(action.lower() for action in actions)
    return Grant(
        allows=entry["Effect"] == "Allow",
        actions=folded,
        action_values=tuple(read_value(action, wildcards=True) for action in folded),
        not_actions=not_actions,
        resources=resources,
        resource_values=tuple(read_value(item, wildcards=True, variables=variables) for item in resources),
        not_resources=not_resources,
        conditional=bool(entry.get("Condition")),
    )


def _texts(entry: Mapping[str, Any], name: str) -> tuple[bool, tuple[str, ...]]:
    negated = f"Not{name}" in entry
    given = entry.get(f"Not{name}" if negated else name)
    values = given if isinstance(given, list) else [given]
    texts = tuple(value for value in values if isinstance(value, str))
    if not texts or len(texts) != len(values):
        raise PermissionPolicyError(f"a statement of it has no {name}")
    return negated, texts
