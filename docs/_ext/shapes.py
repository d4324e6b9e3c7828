"""Lets docstrings write shapes as Python does, (order + 1, *shape); in reStructuredText a star opens emphasis."""

import re
from typing import Any

from sphinx.application import Sphinx

CODE = r"`+[^`]*`+|^\s*(?:>>>|\.\.\. ).*"  # stays as it is
STAR = re.compile(rf"({CODE})|(?<=[( ])\*(?=\w+[,)])")


def escape(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [STAR.sub(lambda match: match[1] or r"\*", line) for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", escape, priority=400)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
