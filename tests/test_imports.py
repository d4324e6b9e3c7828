"""Imports run one way: rings and rules at the bottom, then dispatch, algebras, transforms, the public names on top."""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

import pytest

import taylorad

ROOT = Path(taylorad.__file__).parent
CORE = (
    "rings",
    "rules",
    "refusals",
    "dispatch",
    "algebras",
    "trace",
    "transforms",
    "compile",
    "ode",
    "verified",
    "__init__",
)
ORDER = (*CORE, "expressions", "nist", "orbit", "validate", "figures", "cli", "__main__")
BELOW = {name: set(ORDER[:i]) for i, name in enumerate(ORDER)}  # what each may import, beside itself
BELOW["rules"] = set()  # the table knows no ring
MODULES = sorted(ROOT.rglob("*.py"))


def part(module: Path | str) -> str:
    """The part of the package a file or a dotted name belongs to."""
    if isinstance(module, Path):
        return module.relative_to(ROOT).parts[0].removesuffix(".py")
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def imported(path: Path) -> set[str]:
    """Dotted names of this package's modules that a file imports, inside functions too; not those for type checkers."""
    names, tree = set(), ast.parse(path.read_text(encoding="utf-8"))
    blocks = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    for_types = {inner for block in blocks for inner in ast.walk(block)}
    for node in set(ast.walk(tree)) - for_types:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            single = node.module != "taylorad"
            names |= {str(node.module)} if single else {f"taylorad.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "taylorad"}


def identifiers(path: Path) -> set[str]:
    """Names a file uses or defines, without comments and strings."""
    with tokenize.open(path) as file:
        return {token.string for token in tokenize.generate_tokens(file.readline) if token.type == tokenize.NAME}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path):
    here = part(path)
    assert here in BELOW, "a new part of the package: say in ORDER where it stands"
    assert {part(name) for name in imported(path)} <= BELOW[here] | {here}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_dispatch_knows_the_protocols(path):
    refuses = path.relative_to(ROOT).as_posix() == "compile/series/start.py"  # sets one to None: arrays defer to it
    if part(path) != "dispatch" and not refuses:
        assert not identifiers(path) & {"__array_ufunc__", "__array_function__"}


def test_modules_do_not_import_each_other_in_circles():
    graph = {".".join(("taylorad", *path.relative_to(ROOT).with_suffix("").parts)): imported(path) for path in MODULES}
    graph = {
        name.removesuffix(".__init__"): {i for i in found if i in graph or f"{i}.__init__" in graph}
        for name, found in graph.items()
    }
    packages = {name for name in graph if any(other.startswith(name + ".") for other in graph)}
    graph = {name: found - packages - {name} for name, found in graph.items() if name not in packages}
    while leaves := {name for name, found in graph.items() if not found & set(graph)}:
        graph = {name: found for name, found in graph.items() if name not in leaves}
    assert not graph, f"import each other: {sorted(graph)}"
