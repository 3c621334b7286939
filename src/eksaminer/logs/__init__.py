"""Logs: recognise, read and scan exported audit logs."""
