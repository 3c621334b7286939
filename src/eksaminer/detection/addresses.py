"""Internet addresses as texts of fixed width, which compare as the addresses do."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from eksaminer.detection.rule import RuleError

V4 = r"((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
PRIVATE4 = (
    r"(0|10|127|169\.254|172\.(1[6-9]|2[0-9]|3[01])|192\.168|192\.0\.0|198\.1[89]"
    r"|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])|22[4-9]|2[3-5][0-9])\..*"
)
"""Addresses of version 4 that the internet does not route; those for documentation count as public."""
NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
        "::/127", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


def fixed(text: str) -> str | None:
    """Return the version and 8 or 32 hexadecimal digits; None where *text* is no address."""
    if "%" in text or not text.isascii():
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return _digits(mapped or address)


def bounds(network: IPv4Network | IPv6Network) -> tuple[str, str]:
    """Return the first and the last address of *network*."""
    return _digits(network.network_address), _digits(network.broadcast_address)


def _digits(address: IPv4Address | IPv6Address) -> str:
    return f"{address.version}{address.packed.hex()}"


def network_of(text: str) -> tuple[str, str]:
    """Return the bounds of a network in CIDR notation. Raises `RuleError`."""
    try:
        return bounds(ip_network(text, strict=False))
    except ValueError:
        raise RuleError(f"{text[:60]!r} is no network in CIDR notation") from None


def within(text: str, low: str, high: str) -> bool:
    """Tell whether the address *text* lies between *low* and *high*."""
    address = fixed(text)
    return address is not None and low <= address <= high


def public(text: str) -> bool:
    """Tell whether *text* is an address that the internet routes."""
    return fixed(text) is not None and not any(within(text, *bounds(network)) for network in NOT_PUBLIC)


def _bound(value: str, name: str, body: str) -> str:
    """Return the SQL of *body* with *name* for *value*: a macro is copied wherever its argument stands."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


_HALF = "CASE WHEN {half} = '' THEN [] ELSE string_split({half}, ':') END"
_TAIL = "regexp_extract(dotted, '[^:]*$')"
_UNDOTTED = (
    f"CASE WHEN NOT contains(dotted, '.') THEN dotted WHEN regexp_full_match({_TAIL}, '{V4}') THEN "
    + _bound(
        f"eks_four({_TAIL})",
        "tail",
        "regexp_replace(dotted, '[^:]*$', '') || substr(tail, 1, 4) || ':' || substr(tail, 5)",
    )
    + " END"
)
"""An address of version 6 whose end may be written as one of version 4, with two groups in its place."""
_GROUPS = (
    "CASE len(halves) WHEN 1 THEN string_split(halves[1], ':') WHEN 2 THEN "
    + _bound(
        f"{{'left': {_HALF.format(half='halves[1]')}, 'right': {_HALF.format(half='halves[2]')}}}",
        "sides",
        "CASE WHEN len(sides.left) + len(sides.right) <= 7 THEN list_concat(list_concat(sides.left, list_transform("
        "range(8 - len(sides.left) - len(sides.right)), lambda gap: '0')), sides.right) END",
    )
    + " END"
)
_DIGITS = (
    "CASE WHEN len(parts) = 8 AND len(list_filter(parts, lambda part: regexp_full_match(part, '[0-9a-f]{1,4}'))) = 8 "
    "THEN array_to_string(list_transform(parts, lambda part: lpad(part, 4, '0')), '') END"
)
_MAPPED = (
    "CASE WHEN starts_with(digits, '00000000000000000000ffff') THEN '4' || substr(digits, 25) ELSE '6' || digits END"
)
_SIX = _bound(
    _bound(_bound(_bound("address", "dotted", _UNDOTTED), "whole", "string_split(whole, '::')"), "halves", _GROUPS),
    "parts",
    _bound(_DIGITS, "digits", _MAPPED),
)
_INSIDE = " OR ".join(f"starts_with(text, '{start}')" for start in ("10.", "127.", "192.168."))
"""Most addresses in a log. Whatever follows, it is not public: of version 4 it is private, and else no address."""
_RANGES = " OR ".join(f"digits BETWEEN '{low}' AND '{high}'" for low, high in map(bounds, NOT_PUBLIC))

MACROS = (
    (
        "CREATE TEMP MACRO eks_four(dotted) AS array_to_string(list_transform(string_split(dotted, '.'), "
        "lambda part: printf('%02x', try_cast(part AS INTEGER))), '')"
    ),
    f"CREATE TEMP MACRO eks_six(given) AS {_bound('lower(given)', 'address', _SIX)}",
    (
        f"CREATE TEMP MACRO eks_address(text) AS CASE WHEN regexp_full_match(text, '{V4}') THEN '4' || eks_four(text) "
        "WHEN contains(text, ':') AND length(text) <= 45 THEN eks_six(text) END"
    ),
    f"CREATE TEMP MACRO eks_public(text) AS CASE WHEN {_INSIDE} THEN false WHEN regexp_full_match(text, '{V4}') "
    f"THEN NOT regexp_full_match(text, '{PRIVATE4}') WHEN contains(text, ':') AND length(text) <= 45 THEN "
    + _bound("eks_six(text)", "digits", f"coalesce(NOT ({_RANGES}), false)")
    + " ELSE false END",
)
"""`fixed`, `within` and `public` for the log engine."""
