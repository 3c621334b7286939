"""Measure what the hardest trust policies of 64 KB take: everything there is to say of each, and all checks' questions.

Run it as `python tests/benchmarks/bench_examine.py` from the root of the repository. Exit code 1 is a policy that
took longer than the budget. It is no test: a busy machine would make it fail for no reason.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from eksaminer.trust import LARGEST, TrustPolicy, examine

BUDGET = 1.0
"""CPU seconds for one policy."""
SA = "system:serviceaccount"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"


def provider(issuer: str = ISSUER) -> str:
    """Return the ARN of a provider."""
    return f"arn:aws:iam::111122223333:oidc-provider/{issuer}"


def statement(operator: str, values: Any, effect: str = "Allow", issuer: str = ISSUER, **fields: Any) -> dict[str, Any]:
    """Return a statement with one condition on the subject."""
    return {
        "Effect": effect,
        "Principal": {"Federated": provider(issuer)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {operator: {f"{issuer}:sub": values}},
        **fields,
    }


def hardest() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give policies that are made to be hard, each near the largest size."""
    yield "many exact names", [statement("StringEquals", [f"{SA}:ns-{n}:app-{n}" for n in range(1800)])]
    yield "many prefixes", [statement("StringLike", [f"{SA}:ns-{n}:*" for n in range(1900)])]
    yield "many infixes", [statement("StringLike", [f"{SA}:*{n:04}*:*{n:04}*" for n in range(1500)])]
    yield "tangled wildcards", [statement("StringLike", [f"{SA}:{'*a' * 12}{n}*:{'?*b' * 12}" for n in range(700)])]
    yield "one long pattern", [statement("StringLike", f"{SA}:" + "*a?" * 20_000)]
    yield "long patterns", [statement("StringLike", [f"{SA}:" + "*a?b" * 250 + str(n) for n in range(60)])]
    yield (
        "question marks",
        [statement("StringLike", [f"{SA}:{'?' * (n % 60 + 1)}:{'?' * (n % 200 + 1)}" for n in range(500)])],
    )
    yield "many statements", [statement("StringLike", f"{SA}:*{n}*:*{n}?", Sid=f"S{n}") for n in range(250)]
    yield (
        "allow and deny",
        [statement("StringLike", f"{SA}:*{n}*:*", effect="Deny" if n % 2 else "Allow") for n in range(280)],
    )
    yield "negations", [statement("StringNotLike", f"{SA}:*{n}*:*{n}*", Sid=f"S{n}") for n in range(240)]
    yield (
        "many providers",
        [statement("StringLike", f"{SA}:*{n}:app", issuer=f"oidc.eks.r.amazonaws.com/id/{n:04}") for n in range(100)],
    )
    yield (
        "many providers, many patterns",
        [
            statement(
                "StringLike",
                [f"{SA}:*{code(n, part)}*:*{code(part, n)}" for part in range(4)],
                issuer=f"oidc.eks.r.amazonaws.com/id/{n:04}",
            )
            for n in range(100)
        ],
    )
    yield "a hard pattern each", [statement("StringLike", f"{SA}:{'*a?b' * 200}{n}") for n in range(50)]
    yield (
        "upper case and wildcards",
        [statement("StringLike", f"{SA}:NS-{n}*:x*{code(n, 1)}*z") for n in range(250)],
    )
    yield (
        "one statement, many providers",
        [
            {
                **statement("StringLike", f"{SA}:*a*:*b*"),
                "Principal": {"Federated": [provider(f"oidc.eks.r.amazonaws.com/id/{n:04}") for n in range(100)]},
            }
        ],
    )
    yield (
        "many audiences",
        [
            {
                **statement("StringLike", [f"{SA}:*{n}*:*" for n in range(150)]),
                "Condition": {
                    "StringLike": {f"{ISSUER}:sub": [f"{SA}:*{n}*:*" for n in range(150)]},
                    "StringEquals": {f"{ISSUER}:aud": [f"audience-{n}" for n in range(2500)]},
                },
            }
        ],
    )
    yield "folded case", [statement("StringEqualsIgnoreCase", [f"{SA}:NS-{n}:App-{n}" for n in range(1800)])]
    yield (
        "names and patterns",
        [
            statement("StringEquals", [f"{SA}:ns-{n}:app-{n}" for n in range(900)]),
            statement("StringLike", [f"{SA}:ns-*{n}:app-*{n}" for n in range(900)], effect="Deny"),
        ],
    )
    yield "everybody", [{"Effect": "Allow", "Principal": "*", "Action": "sts:*", "Condition": {}} for _ in range(700)]
    yield (
        "other keys",
        [
            {
                **statement("StringLike", f"{SA}:*:app"),
                "Condition": {f"StringLike{'IfExists' * (n % 2)}": {f"aws:Key{n}": "*"} for n in range(2)}
                | {"StringLike": {f"{ISSUER}:sub": f"{SA}:*:app", **{f"aws:Tag/{n}": f"v{n}*" for n in range(2000)}}},
            }
        ],
    )
    yield "variables", [statement("StringLike", [f"{SA}:${{aws:x{n}}}:*{n}" for n in range(1500)])]


def code(number: int, salt: int) -> str:
    """Return three letters that look like any others."""
    value = (number * 7919 + salt * 104_729) % 2197
    return "".join("abcdefghijklm"[value // 13**place % 13] for place in range(3))


def fitting(statements: list[dict[str, Any]]) -> str:
    """Return the policy, without the last statements or values that make it too large."""
    while len(text := json.dumps({"Version": "2012-10-17", "Statement": statements})) > LARGEST:
        if len(statements) > 1:
            statements = statements[: len(statements) * 9 // 10]
            continue
        conditions = statements[0]["Condition"]
        for keys in conditions.values():
            for key, values in keys.items():
                keys[key] = values[: len(values) * 9 // 10]
    return text


def main() -> int:
    """Print what each policy takes and return 1 where one takes longer than the budget."""
    slowest = 0.0
    for name, statements in hardest():
        text = fitting(statements)
        started = time.process_time()
        examined = examine(TrustPolicy.from_document(text))
        taken = time.process_time() - started
        slowest = max(slowest, taken)
        undecided = sum(item.admitted.width.value == "undecided" for item in examined.providers)
        sys.stdout.write(
            f"{name:32} {len(text):6,} bytes {taken:6.2f} CPU s, {len(examined.providers)} providers"
            f"{f', {undecided} undecided' if undecided else ''}\n"
        )
    sys.stdout.write(f"slowest {slowest:.2f} CPU s (budget {BUDGET:.2f})\n")
    return 0 if slowest <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
