"""Which files a run writes."""

from collections.abc import Sequence

from eksaminer.cli.console import Console
from eksaminer.cli.options import Output
from eksaminer.config import Config, suggestion
from eksaminer.errors import ConfigError, UsageError
from eksaminer.render import FORMATS, Format
from eksaminer.render.pdf import INSTALL, pdf_problem
from eksaminer.render.texts import ENGLISH, LANGUAGES, language_of

DEFAULT = ("html", "pdf", "json")


def chosen(output: Output, config: Config, console: Console) -> tuple[Format, ...]:
    """Return the formats to write: by flag, by file, or by default.

    A PDF that was asked for and cannot be made ends the run before it begins; one that is only the default is
    left out, with a line that says so.

    Raises:
        UsageError: a format does not exist, or cannot be made here.
    """
    asked = output.formats or config.formats
    names = asked or DEFAULT
    for name in names:
        if name not in FORMATS:
            raise _no_such_format(name, config, by_flag=bool(output.formats))
    problem = pdf_problem() if "pdf" in names else ""
    if problem and asked:
        raise UsageError(f"No PDF can be made: {problem}.", f"Install what is missing ({INSTALL}), or leave out pdf.")
    if problem:
        console.note(f"No PDF is written: {problem} ({INSTALL}).")
        names = tuple(name for name in names if name != "pdf")
    languages = _languages(output, config)
    kinds = [FORMATS[name] for name in dict.fromkeys(names)]
    return tuple(kind.into(name) for kind in kinds for name in (languages if kind.for_people else languages[:1]))


def _languages(output: Output, config: Config) -> tuple[str, ...]:
    """Return the languages to write, each once: by flag, by file, or English."""
    names = output.languages or config.languages or (ENGLISH,)
    found = [language_of(name) for name in names]
    for name, language in zip(names, found, strict=True):
        if not language:
            where = "--lang" if output.languages else f"{config.file}: report.languages"
            kind = UsageError if output.languages else ConfigError
            raise kind(f"{where}: there is no language {name!r}.", f"There are {' and '.join(LANGUAGES)}.")
    return tuple(dict.fromkeys(found))


def _no_such_format(name: str, config: Config, *, by_flag: bool) -> UsageError:
    advice = suggestion(name, FORMATS)
    if by_flag:
        return UsageError(f"--format: there is no format {name!r}.", advice)
    return ConfigError(f"{config.file}: report.formats: there is no format {name!r}.", advice)


def file_names(formats: Sequence[Format]) -> str:
    """Return the files of *formats* in words."""
    return ", ".join(item.file for item in formats)
