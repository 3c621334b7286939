"""Collection: the only package that talks to AWS and Kubernetes; errors become gaps here."""
