"""EKS Best Practices Guide: "Use CloudTrail Insights to unearth suspicious activity"."""
