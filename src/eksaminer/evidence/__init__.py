"""Evidence: what was seen of a target, as values."""
