"""What each operation of IEEE 1788 is called here, and how its vectors are judged."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval
from tests.interval.itf1788.vectors import Literal, Vector

CODES = {"ill": 0, "trv": 4, "def": 8, "dac": 12, "com": 16}


@dataclass(frozen=True)
class Operation:
    """How an operation is written here; `tight` ones give the expected ends, others enclose them."""

    ours: str
    call: Callable[..., Any]
    tight: bool = True
    arrays: bool = True
    attribute: str | None = None


def _binary(symbol: str, call: Callable[..., Any]) -> Operation:
    return Operation(f"x {symbol} y", call)


def _numpy(name: str, tight: bool = True) -> Operation:
    return Operation(f"np.{name}(x)", getattr(np, name), tight)


def _property(name: str) -> Operation:
    return Operation(f"x.{name}", lambda x: getattr(x, name), attribute=name)


def _method(name: str, *others: str) -> Operation:
    return Operation(f"x.{name}({', '.join(others)})", lambda x, *y: getattr(x, name)(*y), attribute=name)


def _reverse(name: str, *sets: str) -> dict[str, Operation]:
    """A reverse operation of all reals, and one of candidates, which come last in the standard."""
    method = {"mulRev": "mul_rev", "powRev1": "pow_rev1", "powRev2": "pow_rev2"}.get(name, f"{name[:-3]}_rev")
    shown, second = f"{method}({', '.join(sets)})", "mulRevTen" if name == "mulRev" else f"{name}Bin"
    everywhere = Operation(
        f"Interval.entire().{shown}", lambda *c: getattr(Interval.entire(), method)(*c), attribute=method
    )
    within = Operation(f"x.{shown}", lambda *c: getattr(c[-1], method)(*c[:-1]), attribute=method)
    return {name: within} if name.startswith("powRev") else {name: everywhere, second: within}


def _pown_rev(c: Any, *x_n: Any) -> Any:
    *candidates, n = x_n
    return (candidates[0] if candidates else Interval.entire()).pown_rev(c, int(n))


def _decorated(x: Any) -> Any:
    return x.decorated() if x.decoration is None else x


OPERATIONS: dict[str, Operation] = {
    "pos": Operation("+x", lambda x: +x),
    "neg": Operation("-x", lambda x: -x),
    "add": _binary("+", lambda x, y: x + y),
    "sub": _binary("-", lambda x, y: x - y),
    "mul": _binary("*", lambda x, y: x * y),
    "div": _binary("/", lambda x, y: x / y),
    "recip": Operation("1 / x", lambda x: 1 / x),
    "sqr": _numpy("square"),
    "sqrt": _numpy("sqrt"),
    "fma": _method("fma", "y", "z"),
    "pown": Operation("x ** n", lambda x, n: x ** n.astype(int)),
    "pow": Operation("x ** y", lambda x, y: x**y),
    "exp": _numpy("exp"),
    "exp2": _numpy("exp2"),
    "exp10": Operation("10 ** x", lambda x: 10**x),
    "log": _numpy("log"),
    "log2": _numpy("log2"),
    "log10": _numpy("log10"),
    "sin": _numpy("sin"),
    "cos": _numpy("cos"),
    "tan": _numpy("tan"),
    "asin": _numpy("arcsin"),
    "acos": _numpy("arccos"),
    "atan": _numpy("arctan"),
    "atan2": Operation("np.arctan2(y, x)", np.arctan2),
    "sinh": _numpy("sinh"),
    "cosh": _numpy("cosh"),
    "tanh": _numpy("tanh"),
    "asinh": _numpy("arcsinh"),
    "acosh": _numpy("arccosh"),
    "atanh": _numpy("arctanh"),
    "sign": _numpy("sign"),
    "ceil": _numpy("ceil"),
    "floor": _numpy("floor"),
    "trunc": _numpy("trunc"),
    "roundTiesToEven": _numpy("rint"),
    "roundTiesToAway": _method("round_ties_to_away"),
    "abs": Operation("abs(x)", abs),
    "min": Operation("np.minimum(x, y)", np.minimum),
    "max": Operation("np.maximum(x, y)", np.maximum),
    "cancelMinus": _method("cancel_minus", "y"),
    "cancelPlus": _method("cancel_plus", "y"),
    "mulRevToPair": Operation("b.mul_rev_to_pair(c)", lambda b, c: b.mul_rev_to_pair(c), attribute="mul_rev_to_pair"),
    **_reverse("mulRev", "b", "c"),
    **_reverse("sqrRev", "c"),
    **_reverse("absRev", "c"),
    **_reverse("sinRev", "c"),
    **_reverse("cosRev", "c"),
    **_reverse("tanRev", "c"),
    **_reverse("coshRev", "c"),
    **_reverse("powRev1", "y", "c"),
    **_reverse("powRev2", "b", "c"),
    "pownRev": Operation("Interval.entire().pown_rev(c, n)", _pown_rev, arrays=False, attribute="pown_rev"),
    "pownRevBin": Operation("x.pown_rev(c, n)", _pown_rev, arrays=False, attribute="pown_rev"),
    "intersection": Operation("x & y", lambda x, y: x & y),
    "convexHull": Operation("x | y", lambda x, y: x | y),
    "inf": _property("inf"),
    "sup": _property("sup"),
    "mid": _property("midpoint"),
    "rad": _property("radius"),
    "midRad": Operation("x.mid_rad", lambda x, *_: x.mid_rad, attribute="mid_rad"),
    "wid": _property("width"),
    "mag": _property("magnitude"),
    "mig": _property("mignitude"),
    "isEmpty": Operation("x.is_empty & ~x.is_nai", lambda x: x.is_empty & ~x.is_nai, attribute="is_nai"),
    "isEntire": _property("is_entire"),
    "isNaI": _property("is_nai"),
    "isCommonInterval": Operation("x.is_bounded & ~x.is_empty", lambda x: x.is_bounded & ~x.is_empty),
    "isSingleton": _property("is_degenerate"),
    "isMember": Operation("x.contains(number)", lambda v, x: x.contains(v)),
    "equal": _method("equal", "y"),
    "subset": _method("subset", "y"),
    "less": _method("less", "y"),
    "precedes": _method("precedes", "y"),
    "interior": _method("interior", "y"),
    "strictLess": _method("strict_less", "y"),
    "strictPrecedes": _method("strict_precedes", "y"),
    "disjoint": _method("disjoint", "y"),
    "overlap": _method("overlap", "y"),
    "b-numsToInterval": Operation("Interval(a, b)", Interval, arrays=False),
    "d-numsToInterval": Operation('Interval(a, b, "com")', lambda a, b: Interval(a, b, "com"), arrays=False),
    "b-textToInterval": Operation("Interval(text)", Interval, arrays=False),
    "d-textToInterval": Operation("Interval(text).decorated()", lambda t: _decorated(Interval(t)), arrays=False),
    "newDec": Operation("x.decorated()", lambda x: x.decorated()),
    "setDec": Operation("x.decorated(name)", lambda x, name: x.decorated(name), arrays=False),
    "decorationPart": _property("decoration"),
    "intervalPart": _property("bare"),
}

NEED_CRIVAL = frozenset(name for name, operation in OPERATIONS.items() if str(operation.attribute).endswith("rev"))
NEED_CRIVAL |= {"powRev1", "powRev2"}
REDUCTIONS = ("sum_nearest", "sum_abs_nearest", "sum_sqr_nearest", "dot_nearest")
NOT_OFFERED: dict[str, str] = dict.fromkeys(REDUCTIONS, "sums of floats rounded to nearest are no enclosures")

_RIGHT = "[0X1.FFFFFFFFFFFFFP-1,0X1P+0]"
_LEFT = "[-0X1P+0,-0X1.FFFFFFFFFFFFFP-1]"
_POLE = "[0X1.D02967C31CDB4P+53,0X1.D02967C31CDB5P+53]"
_ROOT = "[0X1.72CECE675D1FCP-52,0X1.72CECE675D1FDP-52]"
WIDER = (
    "powRev2 [0.25, 0.5] [2.0, infinity] [entire] = [entire];",
    "powRev2 [0.25, 1.0] [2.0, infinity] [entire] = [-infinity, 0.0];",
    "pownRev [0X0P+0,0X0.0000000000001P-1022] -7 = [0x1.588cea3f093bcp+153,infinity];",
    "pownRev [-0X0.0000000000001P-1022,-0X0P+0] -7 = [-infinity,-0x1.588cea3f093bcp+153];",
    "pownRev [0X0P+0,0X0.0000000000001P-1022]_def -7 = [0x1.588cea3f093bcp+153,infinity]_trv;",
    "pownRev [-0X0.0000000000001P-1022,-0X0P+0]_def -7 = [-infinity,-0x1.588cea3f093bcp+153]_trv;",
    f"sinRevBin {_RIGHT} [1.57,1.58 ] = [0x1.921fb50442d18p+0,0x1.921fb58442d1ap+0];",
    f"sinRevBin {_RIGHT}_dac [1.57,1.58]_dac = [0x1.921fb50442d18p+0,0x1.921fb58442d1ap+0]_trv;",
    "cosRevBin [-1.0,-1.0] [3.14,3.15] = [0x1.921fb54442d18p+1,0x1.921fb54442d1ap+1];",
    "cosRevBin [-1.0,-1.0]_com [3.14,3.15]_dac = [0x1.921fb54442d18p+1,0x1.921fb54442d1ap+1]_trv;",
    f"cosRevBin {_LEFT} [3.14,3.15] = [0x1.921fb52442d18p+1,0x1.921fb56442d1ap+1];",
    f"cosRevBin {_LEFT}_dac [3.14,3.15]_def = [0x1.921fb52442d18p+1,0x1.921fb56442d1ap+1]_trv;",
    f"cosRevBin {_LEFT} [-3.15,-3.14] = [-0x1.921fb56442d1ap+1,-0x1.921fb52442d18p+1];",
    f"cosRevBin {_LEFT}_def [-3.15,-3.14]_com = [-0x1.921fb56442d1ap+1,-0x1.921fb52442d18p+1]_trv;",
    f"tanRevBin {_POLE} [-1.5708,1.5708] = [-0x1.921fb54442d1bp+0,0x1.921fb54442d19p+0];",
    f"tanRevBin {_POLE}_dac [-1.5708,1.5708]_def = [-0x1.921fb54442d1bp+0,0x1.921fb54442d19p+0]_trv;",
    f"tanRevBin {_ROOT} [-3.15,3.15] = [-0X1.921FB54442D19P+1,0X1.921FB54442D1aP+1];",
    f"tanRevBin {_ROOT}_com [-3.15,3.15]_com = [-0X1.921FB54442D19P+1,0X1.921FB54442D1aP+1]_trv;",
)
DEVIATIONS: dict[str, tuple[str, ...]] = {
    "There is one class, which reads decorated literals, too: the result is decorated.": (
        'b-textToInterval "[ Empty  ]_trv" = [empty] signal UndefinedOperation;',
        'b-textToInterval "[  ]_trv" = [empty] signal UndefinedOperation;',
        'b-textToInterval "[,]_trv" = [empty] signal UndefinedOperation;',
        'b-textToInterval "[ ENTIRE ]_dac" = [empty] signal UndefinedOperation;',
        'b-textToInterval "[ -inf, INF ]_def" = [empty] signal UndefinedOperation;',
        'b-textToInterval "[ Nai  ]" = [empty] signal UndefinedOperation;',
    ),
    "Ends are compared exactly: in the wrong order they are refused, even where no double lies between them.": tuple(
        f'{part}-textToInterval "{text}" = [1.0,0x1.0000000000001p+0]{suffix} signal PossiblyUndefinedOperation;'
        for part, suffix in (("b", ""), ("d", "_com"))
        for text in (
            "[1.0000000000000002,1.0000000000000001]",
            "[10000000000000001/10000000000000000,10000000000000002/10000000000000001]",
            "[0x1.00000000000002p0,0x1.00000000000001p0]",
        )
    ),
    "The interval part of [nai] is the empty set, without a signal.": (
        "intervalPart [nai] = [empty] signal IntvlPartOfNaI;",
    ),
    "The vector is wider than the set; the result here is smaller, and contains the set.": WIDER,
}


def deviation(vector: Vector) -> str | None:
    """Why a vector comes out otherwise here, None if it should not."""
    return next((reason for reason, lines in DEVIATIONS.items() if vector.source in lines), None)


def outcomes(vectors: Sequence[Vector]) -> Iterator[tuple[Vector, Any]]:
    """Vectors with what is returned for them here, None for operations not offered; like ones are computed together."""
    alike = defaultdict(list)
    for vector in vectors:
        alike[vector.operation, vector.is_decorated, len(vector.arguments)].append(vector)
    for (operation, _, _), group in alike.items():
        yield from zip(group, answers(group) if is_offered(operation) else [None] * len(group), strict=True)


def is_offered(name: str) -> bool:
    """Whether what an operation is called here exists."""
    operation = OPERATIONS.get(name)
    return operation is not None and (operation.attribute is None or hasattr(Interval, operation.attribute))


def _argument(column: Sequence[Any]) -> Any:
    """One argument of several vectors: an array of intervals or of numbers, or the words themselves."""
    if not isinstance(column[0], Literal):
        return np.asarray(column) if isinstance(column[0], float) else list(column)
    inf, sup = np.array([v.inf for v in column]), np.array([v.sup for v in column])
    if column[0].decoration is None:
        return Interval._make(inf, sup)
    return Interval._make(inf, sup, np.array([CODES[v.decoration] for v in column], np.uint8))


def _rows(results: Any, count: int) -> list[tuple[Any, ...]]:
    """What was returned for arrays, for every vector."""
    parts = results if isinstance(results, tuple) else (results,)
    return [tuple(part[i] for part in parts) for i in range(count)]


def answers(vectors: Sequence[Vector]) -> list[Any]:
    """What is returned here for vectors of one operation, all decorated or all bare: tuples, or the error raised."""
    operation = OPERATIONS[vectors[0].operation]
    columns = list(zip(*(v.arguments for v in vectors), strict=True))
    if operation.arrays:
        return _rows(operation.call(*map(_argument, columns)), len(vectors))
    return [_answer(operation, vector) for vector in vectors]


def _answer(operation: Operation, vector: Vector) -> Any:
    arguments = [_argument([a])[0] if isinstance(a, Literal) else a for a in vector.arguments]
    try:
        result = operation.call(*arguments)
    except ValueError as error:
        return error
    return result if isinstance(result, tuple) else (result,)


def complaint(vector: Vector, answer: Any, tight: bool | None = None) -> str:
    """What is wrong with an answer, empty if nothing is; `tight` asks for equality whatever the operation promises."""
    if isinstance(answer, ValueError):
        return "" if vector.signal == "UndefinedOperation" else f"refused: {answer}"
    if vector.signal == "UndefinedOperation":
        return f"not refused, but {answer[0]}"
    if vector.signal == "IntvlPartOfNaI":
        return f"no signal, but {answer[0]}"
    if len(answer) != len(vector.expected):
        return f"{len(answer)} results"
    tight = OPERATIONS[vector.operation].tight if tight is None else tight
    pairs = zip(answer, vector.expected, strict=True)
    return "; ".join(filter(None, (_difference(*pair, vector.is_decorated, tight) for pair in pairs)))


def _difference(found: Any, expected: Any, decorated: bool, tight: bool) -> str:
    if not isinstance(expected, Literal):
        same = found == expected or (expected != expected and found != found)
        return "" if same else f"found {found!r}"
    inf, sup = map(float, found.ends)
    bare = not decorated or found.decoration is expected.decoration is None
    known = 0 if bare else CODES.get(found.decoration, 99) - CODES.get(expected.decoration, 0)
    if known > 0 or (known < 0 and tight):
        return f"found {found!r}, decorated {found.decoration}"
    if math.isnan(expected.inf) and math.isnan(inf):
        return ""
    if not (inf <= expected.inf and expected.sup <= sup) and not math.isnan(expected.inf):
        return f"does not enclose: found [{inf.hex()}, {sup.hex()}]"
    if tight and not (inf == expected.inf and expected.sup == sup):
        return f"not tight: found [{inf.hex()}, {sup.hex()}]"
    return ""


VERDICTS = ("equal", "wider", "otherwise", "not offered", "wrong")


def verdict(vector: Vector, answer: Any) -> str:
    """How a vector comes out: as expected, enclosing it, otherwise for a listed reason, or in a way that fails."""
    if answer is None:
        return "not offered"
    if deviation(vector) is not None:
        return "otherwise"
    if complaint(vector, answer):
        return "wrong"
    return "wider" if complaint(vector, answer, tight=True) else "equal"
