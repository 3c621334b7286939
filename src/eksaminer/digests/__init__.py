"""Are these CloudTrail log files the ones that CloudTrail wrote? Decided offline, from digest files and public keys."""

from eksaminer.digests.result import Chain, Item, Kind, State, Verification
from eksaminer.digests.verify import verify_folder

__all__ = ["Chain", "Item", "Kind", "State", "Verification", "verify_folder"]
