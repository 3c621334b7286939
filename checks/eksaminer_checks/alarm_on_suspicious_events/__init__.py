"""EKS Best Practices Guide: "Create alarms for suspicious events"."""
