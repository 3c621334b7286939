"""EKS Best Practices Guide: "Audit your CloudTrail logs"."""
