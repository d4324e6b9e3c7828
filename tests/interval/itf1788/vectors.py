"""Reads the ITL files of ITF1788: lines ``operation arguments = results signal s;`` in blocks ``testcase name {}``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "itl"

_TOKEN = re.compile(
    r"""(?P<interval>\[(?P<inside>[^]]*)\](?:_(?P<decoration>[a-z]+))?)
      | "(?P<text>[^"]*)"
      | \{(?P<list>[^}]*)\}
      | (?P<word>[^\s\[\]{}"]+)""",
    re.VERBOSE,
)
_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"[^"\n]*"', re.DOTALL)
_BLOCK = re.compile(r"testcase\s+(?P<name>\S+)\s*\{(?P<body>(?:[^{}]|\{[^{}]*\})*)\}")
_STATEMENT = re.compile(r'(?:"[^"]*"|[^;"])+;')


class Literal(NamedTuple):
    """An interval of a vector, with nan for both ends of the empty one; the decoration of [nai] is "ill"."""

    inf: float
    sup: float
    decoration: str | None


@dataclass(frozen=True)
class Vector:
    """One line: Literals, floats, booleans, words, texts, and tuples of floats go in and are expected to come out."""

    file: str
    block: str
    line: int
    operation: str
    arguments: tuple[Any, ...]
    expected: tuple[Any, ...]
    signal: str | None
    source: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}: {self.source}"

    @property
    def is_decorated(self) -> bool:
        return any(isinstance(v, Literal) and v.decoration is not None for v in self.arguments + self.expected)


def number(text: str) -> float:
    """A float literal, decimal ones rounded to nearest as C++ does."""
    return float.fromhex(text) if "0x" in text.lower() else float(text)


def _literal(inside: str, decoration: str | None) -> Literal:
    word = inside.strip().lower()
    if word in ("nai", "empty"):
        return Literal(math.nan, math.nan, "ill" if word == "nai" else decoration)
    if word == "entire":
        return Literal(-math.inf, math.inf, decoration)
    inf, sup = map(number, inside.split(","))
    return Literal(inf, sup, decoration)


def _token(match: re.Match[str]) -> Any:
    if match["interval"] is not None:
        return _literal(match["inside"], match["decoration"])
    if match["text"] is not None:
        return match["text"]
    if match["list"] is not None:
        return tuple(map(number, match["list"].split(",")))
    word = match["word"]
    if word in ("true", "false"):
        return word == "true"
    return number(word) if re.fullmatch(r"[+-]?(?:[0-9.].*|inf(?:inity)?|NaN)", word) else word


def _tokens(text: str) -> tuple[Any, ...]:
    return tuple(map(_token, _TOKEN.finditer(text)))


def _vector(file: str, block: str, line: int, statement: str) -> Vector:
    asked, answer = re.fullmatch(r'((?:"[^"]*"|[^="])*)=(.*);', statement, re.DOTALL).groups()
    operation, rest = asked.split(None, 1)
    *expected, signal = answer.split(" signal ") if " signal " in answer else (answer, None)
    arguments, results = _tokens(rest), _tokens(expected[0])
    return Vector(file, block, line, operation, arguments, results, signal, statement)


def without_comments(text: str) -> str:
    """The text with blanks in place of comments, so that line numbers stay."""
    return _COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else re.sub(r"[^\n]", " ", m[0]), text)


def read(path: Path) -> Iterator[Vector]:
    """The vectors of one file, in order."""
    text = without_comments(path.read_text(encoding="utf-8"))
    for block in _BLOCK.finditer(text):
        for statement in _STATEMENT.finditer(block["body"]):
            start = block.start("body") + statement.start() + len(statement[0]) - len(statement[0].lstrip())
            yield _vector(path.name, block["name"], text.count("\n", 0, start) + 1, statement[0].strip())


def read_all() -> list[Vector]:
    """All vectors of all files."""
    return [vector for path in sorted(FOLDER.glob("*.itl")) for vector in read(path)]
