"""Assess the audit logging of Amazon EKS clusters and give evidence an auditor can rely on."""

__version__ = "0.1.0"
