"""Write the PDFs that are hard to get right into a folder: an empty one, a huge one and a hostile one, in
each language.

usage: python -m tests.render.documents FOLDER
"""

import sys
from pathlib import Path

from tests.render.sample import HOSTILE, assessment, large, poisoned

from eksaminer.findings import Assessment
from eksaminer.render import pdf
from eksaminer.render.texts import LANGUAGES

HUGE = 20_000
_UNWRITABLE = "surrogate half"
"""No file can hold it."""
_LONG = "long"


def documents() -> dict[str, Assessment]:
    """Return the assessments, by name."""
    payload = " ".join(text for name, text in HOSTILE.items() if name not in (_UNWRITABLE, _LONG))
    return {"empty": assessment(()), "huge": large(HUGE), "hostile": poisoned(assessment(), payload)}


def main(folder: Path) -> None:
    """Write the documents to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in documents().items():
        for language in LANGUAGES:
            (folder / f"{name}.{language}.pdf").write_bytes(pdf.render(found, language))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
