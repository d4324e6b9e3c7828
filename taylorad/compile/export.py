"""Compiled functions for C: an object file, and a header that says how to call it.

The exported function is `int NAME(inputs, outputs)`, with one pointer to C-contiguous numbers for each argument and
each result; it returns 0 (fine), 1 (a guard does not hold: the results mean nothing) or 2 (some result is nan). It
keeps no state, so threads may call it at once.

An object is of use outside of Python only if all that it calls is in the C library: `require_standalone` refuses
addresses of this process, SciPy's functions, BLAS and vectorised elementary functions.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph
from taylorad.compile.native import kernels, target

C_TYPES = {"float64": "double", "float32": "float", "bool": "uint8_t", "int64": "int64_t"}
STATUSES = {"FINE": 0, "GUARD": 1, "NAN": 2}
_MATHEMATICAL = (
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma "
    "fmax fmin fmod hypot lgamma log log10 log1p log2 nearbyint nextafter pow remainder rint round sin sinh sqrt tan "
    "tanh tgamma trunc"
)
MATHEMATICAL = frozenset(name + end for name in _MATHEMATICAL.split() for end in ("", "f"))
SYSTEM = frozenset(("malloc", "calloc", "free", "memcpy", "memmove", "memset"))
_OBJECTS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\x64\x86", b"\x64\xaa", b"\0\0\xff\xff")  # ELF, Mach-O, COFF
_WORDS = (
    "alignas alignof and asm auto bitand bitor bool break case catch char class compl const constexpr continue "
    "decltype default delete do double else enum explicit export extern false float for friend goto if inline int "
    "long main mutable namespace new noexcept not nullptr operator or private protected public register "
    "reinterpret_cast requires restrict return short signed sizeof static static_assert struct switch template "
    "this throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while "
    "xor"
)
_KEYWORDS = frozenset(_WORDS.split())
Arrays = Sequence[tuple[Sequence[int], Any]]


def exported(graph: Graph, path: str | os.PathLike[str], name: str, doc: str = "") -> Path:
    """Write a graph as an object file, with a C header beside it; the header's path.

    Parameters
    ----------
    graph : Graph
        Of real numbers.
    path : str or path
        Of the object; the header has the same name with ".h".
    name : str
        Of the function.
    doc : str
        What it computes.

    Raises
    ------
    ValueError
        There is no machine code for the graph, or it needs more than the C library; or the name is no name in C.
    """
    inputs, outputs = ([(graph[i].shape, graph[i].dtype) for i in of] for of in (graph.inputs, graph.outputs))
    header = c_header(name, inputs, outputs, doc)
    text = kernels.generate(graph, name, standalone=True)
    require_standalone(text)
    write_object(path, target.optimise_and_compile(text).object_bytes)
    beside = Path(path).with_suffix(".h")
    beside.write_text(header, encoding="utf-8")
    return beside


def require_standalone(ir_text: str) -> None:
    """Check that code calls nothing but the C library and its mathematical part.

    Raises
    ------
    ValueError
        It calls something else, or contains an address of this process.
    """
    declared = re.findall(r'^\s*declare\b[^@\n]*@"?([^"(\s]+)"?\s*\(', ir_text, re.MULTILINE)
    declared += re.findall(r'^\s*@"?([^"=\s]+)"?\s*=.*\bexternal\b', ir_text, re.MULTILINE)
    known = MATHEMATICAL | SYSTEM
    foreign = sorted({n for n in declared if n not in known and not n.startswith("llvm.")})
    if foreign:
        raise ValueError(
            f"{', '.join(foreign)}: not in the C library, so code that calls it cannot be exported; "
            "compile for export without it"
        )
    if re.search(r"\binttoptr\s*\(\s*i\d+\s+-?\d", ir_text):
        raise ValueError("the code contains an address of this process, so it cannot be exported")


def write_object(path: str | os.PathLike[str], object_bytes: bytes) -> None:
    """Write a relocatable object, for a linker.

    Parameters
    ----------
    path : str or path
        Usually ends in ".o", or ".obj" on Windows. An existing file is replaced.
    object_bytes : bytes
        From LLVM, for position-independent code.

    Raises
    ------
    ValueError
        The bytes are no object in one of the formats ELF, Mach-O and COFF.
    OSError
        The file cannot be written.
    """
    if not object_bytes.startswith(_OBJECTS):
        raise ValueError("these bytes are no object file (ELF, Mach-O or COFF)")
    Path(path).write_bytes(object_bytes)


def c_header(
    name: str,
    inputs: Arrays,
    outputs: Arrays,
    doc: str = "",
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> str:
    """The header, for C99 and C++, of an exported function.

    It declares `int NAME(inputs, outputs)` with arrays of pointers, `NAME_call` with one pointer for each argument and
    each result, and gives the number of entries of each as a macro.

    Parameters
    ----------
    name : str
        Of the function in the object.
    inputs, outputs : sequences of (shape, dtype)
        dtypes float64, float32, bool, int64.
    doc : str
        What the function computes; becomes a comment.
    input_names, output_names : sequences of str, optional
        Names of the pointers; "input_0", … and "output_0", … unless given.

    Raises
    ------
    ValueError
        A name is no identifier of C and C++, is used twice or is a function of the C library, there are more or fewer
        names than arrays, or a dtype has no type in C here.

    Examples
    --------
    >>> header = c_header("energy", [((3,), float)], [((), float)], "Kinetic energy.", input_names=["velocity"])
    >>> print("\\n".join(line for line in header.splitlines() if line.startswith(("int", "static"))))
    int energy(const double *const *inputs, double *const *outputs);
    static inline int energy_call(const double *velocity, double *output_0)
    """
    given = _named(inputs, input_names, "input")
    made = _named(outputs, output_names, "output")
    if name in MATHEMATICAL | SYSTEM:
        raise ValueError(f"{name!r} cannot be the name of the function: the C library has one of that name")
    _require_identifiers([name, f"{name}_inputs", f"{name}_outputs", *(n for n, *_ in given + made)])
    guard = f"{name.upper()}_H"
    lines = [f"#ifndef {guard}", f"#define {guard}", "", "#include <stdint.h>", ""]
    lines += _macros(name, given, made)
    lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    lines += _comment(name, given, made, doc)
    lines += [f"int {name}(const {_common(given)} *const *inputs, {_common(made)} *const *outputs);", ""]
    lines += _wrapper(name, given, made)
    lines += ["#ifdef __cplusplus", "}", "#endif", "", f"#endif /* {guard} */", ""]
    return "\n".join(lines)


Named = list[tuple[str, tuple[int, ...], str]]  # name, shape, type in C


def _named(arrays: Arrays, names: Sequence[str] | None, prefix: str) -> Named:
    names = [f"{prefix}_{i}" for i in range(len(arrays))] if names is None else list(names)
    if len(names) != len(arrays):
        raise ValueError(f"{len(names)} names for {len(arrays)} {prefix}s")
    found = []
    for name, (shape, dtype) in zip(names, arrays, strict=True):
        kind = np.dtype(dtype).name
        if kind not in C_TYPES:
            raise ValueError(f"{name}: {kind} has no type in C here; there are {', '.join(C_TYPES)}")
        found.append((name, tuple(int(n) for n in shape), C_TYPES[kind]))
    return found


def _require_identifiers(names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) or name in _KEYWORDS:
            raise ValueError(f"{name!r} cannot be a name in C and C++")
        if name in names[:i]:
            raise ValueError(f"the name {name!r} is used twice")


def _macros(name: str, given: Named, made: Named) -> list[str]:
    upper = name.upper()
    lines = [f"#define {upper}_{status} {number}" for status, number in STATUSES.items()]
    for kind, arrays in (("INPUT", given), ("OUTPUT", made)):
        lines.append(f"#define {upper}_{kind}S {len(arrays)}")
        lines += [
            f"#define {upper}_{kind}_{i}_SIZE {int(np.prod(shape, dtype=np.int64))} /* {argument}: {_shown(shape)} */"
            for i, (argument, shape, _) in enumerate(arrays)
        ]
    return [*lines, ""]


def _shown(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) if shape else "single number"


def _comment(name: str, given: Named, made: Named, doc: str) -> list[str]:
    text = [*doc.strip().replace("*/", "* /").replace("/*", "/ *").splitlines()]
    text += [""] if text else []
    for title, arrays in (("inputs", given), ("outputs", made)):
        text += [
            f"{title}[{i}]: {kind} {argument}, {_shown(shape)}" for i, (argument, shape, kind) in enumerate(arrays)
        ]
    upper = name.upper()
    text += [
        "",
        "Arrays are in row-major order without gaps, aligned for their type; outputs overlap nothing else.",
        f"Returns {upper}_FINE, {upper}_GUARD (not compiled for such values: the outputs mean nothing) or",
        f"{upper}_NAN (the outputs are complete, and some entry is nan). Threads may call it at the same time.",
        "Link with the mathematical library (-lm).",
    ]
    return ["/*", *(f" * {line}".rstrip() for line in text), " */"]


def _common(arrays: Named) -> str:
    kinds = {kind for *_, kind in arrays}
    return "void" if len(kinds) > 1 else kinds.pop() if kinds else "double"


def _wrapper(name: str, given: Named, made: Named) -> list[str]:
    arguments = [f"const {kind} *{argument}" for argument, _, kind in given]
    arguments += [f"{kind} *{argument}" for argument, _, kind in made]
    sets = [
        f"    {qualifier}{_common(arrays)} *{name}_{kind}[] = {{{', '.join(n for n, *_ in arrays) or '0'}}};"
        for qualifier, kind, arrays in (("const ", "inputs", given), ("", "outputs", made))
    ]
    call = f"    return {name}({name}_inputs, {name}_outputs);"
    return [f"static inline int {name}_call({', '.join(arguments) or 'void'})", "{", *sets, call, "}", ""]
