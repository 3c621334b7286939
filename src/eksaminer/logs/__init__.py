"""Logs: recognise, read and scan exported audit logs."""

from eksaminer.logs.attribution import TrailPlace
from eksaminer.logs.errors import LogError, Problem
from eksaminer.logs.kept_calls import RegionCalls
from eksaminer.logs.scanning import Options, ScanOutcome, scan, scan_spool
from eksaminer.logs.spool import SpoolWriter

__all__ = [
    "LogError",
    "Options",
    "Problem",
    "RegionCalls",
    "ScanOutcome",
    "SpoolWriter",
    "TrailPlace",
    "scan",
    "scan_spool",
]
