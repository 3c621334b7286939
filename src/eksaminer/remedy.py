"""Fill in what cures a deviation: a command, or the same as Terraform, CloudFormation, steps of a console, kubectl.

Templates have places in braces, as `{cluster}`; a brace of the language itself is doubled. What is put there comes from
outside: each form writes it as one literal of its own language, so that no name can end a string and begin a command.
"""

from collections.abc import Mapping
from shlex import quote
from string import Formatter
from typing import Literal

from eksaminer.cost import valid_retention
from eksaminer.criteria import Criteria
from eksaminer.outcome import Resource

Form = Literal["command", "terraform", "cloudformation", "console", "kubectl"]
FORMS: tuple[Form, ...] = ("terraform", "cloudformation", "console", "kubectl")
"""The forms besides the command, in the order they are shown."""

STANDARD = frozenset(
    {
        "account", "region", "cluster", "resource", "name", "log_group", "refused_metric", "refused_alarm",
        "minimum_retention_days", "valid_retention_days", "aspect",
    }
)  # fmt: skip
"""Names that every template can use; the others are what a finding saw or says."""

_SERVICE_ACCOUNT = "Kubernetes::ServiceAccount"


def standard_names(
    account: str, region: str, cluster: str, resource: Resource, criteria: Criteria
) -> dict[str, str | int]:
    """Return what every template can use."""
    days = criteria.minimum_retention_days
    names: dict[str, str | int] = {
        "account": account,
        "region": region,
        "cluster": cluster,
        "resource": resource.id,
        "name": resource.id.rpartition("/")[2],
        "log_group": f"/aws/eks/{cluster}/cluster",
        "refused_metric": f"Refused-{cluster}",
        "refused_alarm": f"refused-{cluster}",
        "minimum_retention_days": days,
        "valid_retention_days": valid_retention(days) or days,
    }
    if resource.type == _SERVICE_ACCOUNT:
        names |= dict(zip(("namespace", "service_account"), resource.id.split("/")[-2:], strict=False))
    return names


def with_issuer(names: Mapping[str, str | int]) -> dict[str, str | int]:
    """Return *names* with the condition keys of the issuer of tokens, where one is among them."""
    issuer = names.get("issuer")
    if not issuer:
        return dict(names)
    return {**names, "issuer_sub": f"{issuer}:sub", "issuer_aud": f"{issuer}:aud"}


def filled(template: str, names: Mapping[str, str | int], form: Form) -> str:
    """Return *template* with *names* as literals of *form*; a name that is not known stands there in capitals."""
    places = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    return template.format_map({name: _literal(names.get(name, name.upper()), form) for name in places})


def _literal(value: str | int, form: Form) -> str:
    if isinstance(value, int):
        return str(value)
    match form:
        case "command" | "kubectl":
            return quote(value)
        case "terraform":
            return _string(value).replace("${", "$${").replace("%{", "%%{")
        case "cloudformation":
            return _string(value)
        case "console":
            return value


def _string(value: str) -> str:
    """Return *value* in double quotes, in the escapes that HCL and YAML share."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number <= _LAST_SHORT else f"\\U{number:08x}"


_LAST_SHORT = 0xFFFF
