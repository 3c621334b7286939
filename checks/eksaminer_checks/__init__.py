"""The built-in checks: one folder per recommendation of the guide, one file per check or rule."""
