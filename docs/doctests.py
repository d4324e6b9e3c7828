"""Runs the `>>>` examples of README.md and of every Markdown page of the documentation.

A page is one session: its ```python fences share their names, from top to bottom. Fences without a prompt are
illustrations and are not run. Warnings are errors.

    python docs/doctests.py [PAGE ...]
"""

import doctest
import re
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
FENCE = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(text: str) -> str:
    """Return the text of the fences that have a prompt, each on the lines where it stands on the page."""
    kept: list[str] = []
    for fence in FENCE.finditer(text):
        if ">>>" in fence[1]:
            first = text.count("\n", 0, fence.start(1))
            kept += [""] * (first - len(kept)) + fence[1].splitlines()
    return "\n".join(kept) + "\n"


def pages() -> list[Path]:
    """Return README.md and the sources of the documentation."""
    return [HERE.parent / "README.md", *(page for page in sorted(HERE.rglob("*.md")) if "_build" not in page.parts)]


def main(arguments: list[str]) -> int:
    """Run the pages and print the closing line; return the exit code."""
    warnings.simplefilter("error")
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for page in [Path(argument) for argument in arguments] or pages():
        source = examples(page.read_text(encoding="utf-8"))
        runner.run(parser.get_doctest(source, {"__name__": "__main__"}, page.name, str(page), 0))
    failed, attempted = runner.summarize(verbose=False)
    print(f"examples: {attempted - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
