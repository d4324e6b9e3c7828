"""Runs the full validation against Arb's enclosures (two minutes) and writes report.json and table.md.

python validation/enclosures/run.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

from taylorad import validate

HERE = Path(__file__).parent


def main() -> int:
    """Write the report beside this script; 1 if a bound is exceeded."""
    report = validate.run(progress=lambda names: tqdm(names, unit="function", disable=not sys.stderr.isatty()))
    if not report.complete:
        return 130
    for name in ("report.json", "table.md"):
        validate.write(report, HERE / name)
    print("\n".join(validate.table(report).splitlines()[-1:]))
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
