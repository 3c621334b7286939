"""The command line: parse, call, print, exit.

Commands are modules of this package, imported when they run: `--help` loads nothing heavy.
"""

import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from eksaminer import __version__
from eksaminer.cli.console import DEBUG, diagnosed, finish, write
from eksaminer.errors import EksaminerError

CANNOT_WORK, INTERRUPTED = 4, 130

COMMANDS: Mapping[str, str] = {
    "audit": "Collect, assess and render in one go: the main job.",
    "collect": "Collect evidence into a bundle; judge nothing.",
    "assess": "Judge a bundle offline.",
    "report": "Render the formats from an assessment, offline.",
    "scan": "Run the detection rules over exported audit logs.",
    "trust": "Say exactly who can assume a role.",
    "verify": "Say whether CloudTrail files, or a bundle, are as they were written.",
    "checks": "List the checks, or show one.",
    "permissions": "Print the least privilege that collecting takes.",
    "demo": "Run the main job on an embedded AWS emulator.",
    "doctor": "Say what is installed, what is missing, and what to do.",
}
"""Every command with its first sentence, so that the list of commands loads none of them."""

EXIT_CODES = """\b
Exit codes:
  0    nothing at or above --fail-on failed
  1    something did
  2    wrong usage or configuration
  3    nothing failed, but something could not be assessed
  4    the program could not do its work
  130  interrupted
"""


class Eksaminer(click.Group):
    """The commands, loaded when they are needed; and the one place where errors become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands, the main job first."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"eksaminer.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(  # type: ignore[override]  # - click's is overloaded; this one always exits
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run, and exit with the code that says what came of it."""
        code = self._guarded(args, prog_name, extra)
        finish()
        sys.exit(code)

    def _guarded(self, args: Sequence[str] | None, prog_name: str | None, extra: dict[str, Any]) -> int:
        try:
            extra["standalone_mode"] = False
            result: Any = super().main(args, prog_name or "eksaminer", None, **extra)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            write(sys.stderr, "eksaminer: interrupted; nothing was left half-written.\n")
            return INTERRUPTED
        except EksaminerError as error:
            write(sys.stderr, f"{diagnosed(*error.diagnostics())}\n")
            return error.exit_code
        except Exception as error:  # noqa: BLE001 - the one place where an unknown error becomes a sentence
            return _unknown(error)
        return result if isinstance(result, int) else 0


def _unknown(error: Exception) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    said = f"This should not have happened ({type(error).__name__}: {error})."
    write(sys.stderr, f"{diagnosed(said, f'Please report it, with what {DEBUG}=1 adds to this message.')}\n")
    return CANNOT_WORK


@click.command("eksaminer", cls=Eksaminer, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="eksaminer")
def cli() -> None:
    """Assess the audit logging of Amazon EKS clusters and give evidence an auditor can rely on."""


def main() -> NoReturn:
    """Run the command line; being told to end (SIGTERM) is the same as Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    cli.main()
