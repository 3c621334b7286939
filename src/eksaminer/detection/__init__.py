"""Detection rules: Sigma files, read, compiled and judged."""
