"""EKS Best Practices Guide: "Utilize audit metadata"."""
