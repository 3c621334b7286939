"""What `eksaminer trust` prints for people."""

import json
from collections.abc import Iterator

from eksaminer.trust import Clause, Examined, ExaminedProvider, Flaw, Reason, Tried, shown

_NO_PROVIDER = "No statement lets a web identity assume the role: no service account can, by IRSA."
_ANSWERS = {"yes": "can assume the role", "no": "cannot assume the role", "depends": "may be able to assume the role"}


def as_text(examined: Examined) -> str:
    """Return who can assume a role, why, what is wrong, and the corrected policy."""
    lines: list[str] = [] if examined.providers else [_NO_PROVIDER]
    for item in examined.providers:
        lines += [*_provider(item), ""]
    lines += _corrected(examined)
    return "\n".join(lines).rstrip()


def _provider(item: ExaminedProvider) -> Iterator[str]:
    yield item.provider
    yield f"  {item.admitted.sentence}"
    if item.beyond:
        named = ", ".join(shown(name) for name in item.named) or "nobody"
        yield f"  Wider than named: the policy names {named}, and {shown(item.beyond)} can assume the role too."
    if not item.admitted.is_certain:
        yield f"  Surely, whatever the rest of the request is: {item.admitted.surely.value}."
    for statement in item.statements:
        sid = f" ({statement.sid})" if statement.sid else ""
        effect = "Allow" if statement.allows else "Deny, which takes back"
        yield f"  Statement {statement.index + 1}{sid}, {effect}: {statement.admitted.sentence}"
    if item.flaws:
        yield "  What is wrong or worth knowing:"
        yield from (f"  - {_flaw(flaw)}" for flaw in item.flaws)
    for tried in item.tried:
        yield from _tried(tried)


def _flaw(flaw: Flaw) -> str:
    where = f"statement {flaw.statement + 1}: " if flaw.statement >= 0 else ""
    return f"{where}{flaw.sentence} [{flaw.id.value}]"


def _tried(tried: Tried) -> Iterator[str]:
    yield f"  {shown(tried.subject)} {_ANSWERS[tried.answer]}."
    yield from (f"  - {_reason(reason)}" for reason in tried.reasons)


def _reason(reason: Reason) -> str:
    head = f"statement {reason.statement + 1}, {'Allow' if reason.allows else 'Deny'},"
    if reason.applies == "yes":
        return f"{head} applies: every element holds."
    against = ", ".join(_clause(clause) for clause in reason.against if clause.holds == reason.applies)
    return f"{head} {'does not apply' if reason.applies == 'no' else 'may apply'}: {against}."


def _clause(clause: Clause) -> str:
    return f"{clause.element} does not hold" if clause.holds == "no" else f"{clause.element} may hold ({clause.doubt})"


def _corrected(examined: Examined) -> Iterator[str]:
    if not examined.corrected:
        if examined.is_wider:
            yield "Corrected policy: none is written, because the policy is too complex. Name each service account."
        return
    if not examined.corrected["Statement"]:
        yield "Corrected policy: none, because no name in the policy is admitted. Write the service accounts you mean."
        return
    yield "Corrected policy: it admits the names that the policy admits and names, and nobody else."
    yield json.dumps(examined.corrected, indent=2)
