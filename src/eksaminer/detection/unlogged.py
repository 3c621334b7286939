"""What the audit policy that the guide prints does not log: requests, and bodies of requests."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from eksaminer.detection.fields import Field, Kind, field_of
from eksaminer.detection.legal import HOMES, PATH_VERBS, RESOURCE_VERBS, SUBRESOURCES
from eksaminer.detection.never import Cause, Dead
from eksaminer.detection.policy import Asked, guide_level, level_rank
from eksaminer.detection.predicate import Exists
from eksaminer.detection.ways import Literal, Way, by_field, right, values_of

NEEDED = {"request": 2, "response": 3, "pod": 2, "containers": 2, "rbac": 2}
"""The rank of the level that each body needs: Request or RequestResponse."""
WRITES_SPEC = ("create", "update", "patch")


def unlogged(way: Way) -> Dead | None:
    """Return why the policy of the guide does not log what *way* asks for."""
    bodies = {field.column for literal in way if literal.positive and (field := _body(literal)) is not None}
    fields = by_field(way, lambda path: path in ASKED)
    if not bodies and not any(literal.positive for path in OBJECT for literal in fields.get(path, ())):
        return _unlogged_path(fields)
    verbs = _options(fields, "verb", WRITES_SPEC if bodies & {"pod", "containers"} else RESOURCE_VERBS)
    if not verbs:
        return _no_verb(bodies)
    asked = list(_requests(fields, verbs))
    best = max((level_rank(guide_level(item)) for item in asked), default=len(NEEDED))
    if best == 0:
        return _not_logged(asked[0])
    if best < max((NEEDED[name] for name in bodies), default=0):
        return _bodiless(asked[0], way)
    return None


OBJECT = ("objectRef.resource", "objectRef.apiGroup", "objectRef.subresource", "objectRef.namespace", "objectRef.name")
ASKED = frozenset({"verb", "uri.path", "requestURI", *OBJECT})


def _body(literal: Literal) -> Field | None:
    field = field_of(literal.test.field)
    return field if field.kind is Kind.BODY else None


def _options(fields: Mapping[str, Sequence[Literal]], path: str, usual: Sequence[str]) -> list[str]:
    """Return the values that *path* may have: those that are named, else the *usual* ones that fit."""
    literals = fields.get(path, ())
    named = [values_of(literal.test) for literal in literals if literal.positive and values_of(literal.test)]
    choice: Sequence[str] = named[0] if named else usual
    if path == "verb":
        choice = [value for value in usual if value in choice]
    return [value for value in choice if all(right(literal, value) for literal in literals)]


ANY = "*"
"""Stands for a resource that nobody names."""


def _requests(fields: Mapping[str, Sequence[Literal]], verbs: Sequence[str]) -> Iterator[Asked]:
    for resource in _options(fields, "objectRef.resource", (ANY,)):
        homes = ("", "apps", "example.com") if resource == ANY else HOMES.get(resource, ("example.com",))[:1]
        groups = fields.get("objectRef.apiGroup", ())
        absent = any(not literal.positive and isinstance(literal.test, Exists) for literal in groups)
        for group in [""] if absent else _options(fields, "objectRef.apiGroup", homes):
            below = _options(fields, "objectRef.subresource", ("", *SUBRESOURCES.get((group, resource), ())))
            for subresource, verb, (namespace, name) in product(below, verbs, _objects(fields)):
                yield Asked(verb, group, resource, subresource, namespace, name)


def _objects(fields: Mapping[str, Sequence[Literal]]) -> list[tuple[str, str]]:
    """Return an object that no policy names, and for who asks for names the one that the policy of the guide does."""
    named = {"objectRef.namespace": "kube-system", "objectRef.name": "aws-auth"}
    asked = any(literal.positive for literal in fields.get("objectRef.name", ()))
    fits = all(right(literal, value) for path, value in named.items() for literal in fields.get(path, ()))
    return [("", ""), ("kube-system", "aws-auth")] if asked and fits else [("", "")]


def _unlogged_path(fields: Mapping[str, Sequence[Literal]]) -> Dead | None:
    for path in ("uri.path", "requestURI"):
        named = [value for literal in fields.get(path, ()) if literal.positive for value in values_of(literal.test)]
        if named and all(guide_level(Asked("get", path=value.partition("?")[0])) == "None" for value in named):
            what = f"Requests for {', '.join(named)} are not logged."
            why = "The audit policy that the guide prints has the level None for health, version and swagger paths."
            return Dead(Cause.NEVER_LOGGED, path, what, why, "Watch what reaches these paths at the network.")
    return None


def _no_verb(bodies: set[str]) -> Dead:
    if bodies & {"pod", "containers"}:
        why = "A pod spec stands only in requests that create, update or patch."
    else:
        why = f"A request about a resource has one of the verbs {', '.join(RESOURCE_VERBS)}."
    what = "The verb does not go with the rest of the condition."
    return Dead(Cause.CONTRADICTION, "verb", what, why, f"The verbs {', '.join(PATH_VERBS)} are those of other paths.")


def _named(asked: Asked) -> str:
    what = "requests" if asked.resource == ANY else asked.combined
    return f"{what} of the group {asked.group}" if asked.group else what


def _not_logged(asked: Asked) -> Dead:
    others = HOMES.get(asked.resource, ())[1:]
    mend = "Look for it by other means; take the rule away."
    if others and not asked.group:
        mend = f"Clients use the core group. Name the other, if it is meant: objectRef.apiGroup: {others[0]}."
    return Dead(
        Cause.NEVER_LOGGED,
        "objectRef.resource",
        f"The verb {asked.verb} of {_named(asked)} is never logged.",
        "The audit policy that the guide prints has the level None for it.",
        mend,
    )


def _bodiless(asked: Asked, way: Way) -> Dead:
    level = guide_level(asked)
    _, path = max(
        (NEEDED[field.column], field.path)
        for literal in way
        if literal.positive and (field := _body(literal)) is not None
    )
    return Dead(
        Cause.NEVER_LOGGED,
        path,
        f"The verb {asked.verb} of {_named(asked)} is logged without {path}.",
        f"The audit policy that the guide prints has the level {level} for it.",
        "Ask for what the level shows (who, verb, object, answer), or look for it by other means.",
    )
