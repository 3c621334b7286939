"""What a report costs: HTML and PDF of the demonstration, and of small and huge assessments: CPU seconds and memory.

Run: python tests/benchmarks/bench_render.py
Budgets: HTML of 20,000 findings ≤ 1 s to write; PDF of any number of findings ≤ 15 CPU s and ≤ 350 MB.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SIZES = (0, 20, 2_000, 20_000)
"""Findings; 0: those of the demonstration."""
ROOT = Path(__file__).resolve().parents[2]
ONE = """
import json, resource, sys, time
from pathlib import Path
from tests.render.sample import assessment, large
from eksaminer.render import FORMATS
from eksaminer.render.json import load_assessment
kind, size, language = sys.argv[1], int(sys.argv[2]), sys.argv[3]
shown = large(size) if size else load_assessment(Path("sample_reports/assessment.json").read_bytes())
FORMATS[kind].into(language).render(assessment())  # templates, fonts and modules are loaded
began = time.process_time()
data = FORMATS[kind].into(language).render(shown)
used = time.process_time() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([round(used, 2), peak, len(data) // 1024]))
"""


def measured(kind: str, size: int, language: str) -> list[float]:
    """Return CPU seconds, peak memory in MB, and the size of the file in KB."""
    command = [sys.executable, "-c", ONE, kind, str(size), language]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figures: list[float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Print a row for each format, language and size."""
    print(f"{'format':8}{'language':10}{'findings':>10}{'CPU s':>8}{'MB':>6}{'file KB':>9}")
    for kind, language in (("html", "en"), ("html", "zh-TW"), ("pdf", "en"), ("pdf", "zh-TW")):
        for size in SIZES:
            cpu, memory, length = measured(kind, size, language)
            print(
                f"{kind:8}{language:10}{f'{size:,}' if size else 'demo':>10}{cpu:>8.2f}{memory:>6.0f}{length:>9,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
