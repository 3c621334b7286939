"""`python -m eksaminer`."""

from eksaminer.cli import main

if __name__ == "__main__":
    main()
