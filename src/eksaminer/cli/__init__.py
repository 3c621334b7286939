"""The command line: parse, call, print, exit."""


def main() -> None:
    """Run the command line."""
