"""Are these CloudTrail log files the ones that CloudTrail wrote? Decided offline, from digest files and public keys."""

from eksaminer.digests.folder import Folder, read_folder
from eksaminer.digests.keys import NoKeysError, PublicKey, read_keys
from eksaminer.digests.result import Chain, Item, Kind, State, Verification
from eksaminer.digests.verify import verify_folder, verify_read

__all__ = [
    "Chain",
    "Folder",
    "Item",
    "Kind",
    "NoKeysError",
    "PublicKey",
    "State",
    "Verification",
    "read_folder",
    "read_keys",
    "verify_folder",
    "verify_read",
]
