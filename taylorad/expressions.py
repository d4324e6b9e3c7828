"""Mathematical expressions as text, turned into functions of duck arrays, safely.

Python's ``ast`` reads the text, a whitelist of nodes admits numbers, names, ``+ - * / **``, calls of known functions
and parentheses, and each node becomes one small closure. Nothing is ever evaluated as Python code: no attributes, no
subscripts, no comprehensions, no keywords. Constants are folded in floating point, so ``9**9**9`` is an error and not
an endless integer. The functions are those of `numpy` and `scipy.special`, by their own names, from the explicit table
`FUNCTIONS`; hence a parsed expression differentiates like any other NumPy function.
"""

from __future__ import annotations

import ast
import difflib
import operator
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np
import scipy.special

__all__ = ["CONSTANTS", "FUNCTIONS", "ExpressionError", "Function", "parse"]

MAXIMUM_LENGTH = 2000
MAXIMUM_DEPTH = 100
ALLOWED_CHARACTERS = "_+-*/.,() \t:"  # the colon only for the better error of the node
EXACT_INTEGERS = 2**53  # integers up to here are floats without rounding, so they may stay integers

Evaluator = Callable[[Sequence[Any]], Any]


class ExpressionError(ValueError):
    """A text that is not an admissible expression; the message is one line and says what, where and the way out."""


class Function(NamedTuple):
    """A function that expressions may call, and its number of arguments."""

    call: Callable[..., Any]
    arity: int


def _table(namespace: Any, arity: int, names: str) -> dict[str, Function]:
    return {name: Function(getattr(namespace, name), arity) for name in names.split()}


FUNCTIONS: dict[str, Function] = {
    **_table(np, 1, "exp exp2 expm1 log log2 log10 log1p sqrt cbrt square reciprocal absolute abs fabs sign"),
    **_table(np, 1, "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh sinc deg2rad rad2deg"),
    **_table(np, 1, "radians degrees"),
    **_table(np, 2, "power hypot arctan2 logaddexp logaddexp2 maximum minimum fmax fmin copysign heaviside"),
    **_table(scipy.special, 1, "erf erfc erfcx erfi erfinv dawsn gamma gammaln rgamma digamma psi expi exp1"),
    **_table(scipy.special, 1, "expit logit log_expit ndtr log_ndtr ndtri entr spence ellipk ellipe"),
    **_table(scipy.special, 1, "j0 j1 y0 y1 i0 i1 i0e i1e k0 k1"),
    **_table(scipy.special, 2, "jv yv iv kv jn beta betaln gammainc gammaincc polygamma zeta"),
    **_table(scipy.special, 2, "xlogy xlog1py rel_entr ellipkinc ellipeinc hyp0f1"),
    **_table(scipy.special, 3, "hyp1f1 betainc"),
    **_table(scipy.special, 4, "hyp2f1"),
}
for _new, _old in {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}.items():
    FUNCTIONS[_new] = FUNCTIONS[_old]
for _new, _old in {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "pow": "power"}.items():
    FUNCTIONS[_new] = FUNCTIONS[_old]

CONSTANTS: dict[str, float] = {"pi": float(np.pi), "e": float(np.e)}

_OTHER_NAMES = {"ln": "log", "arctg": "arctan", "tg": "tan", "sen": "sin", "lgamma": "gammaln", "atg": "arctan"}

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}

_REFUSED_CHARACTERS = {  # no admissible expression contains them, not even inside a name
    "^": "'^' is not a power: write ** instead",
    "%": "'%' is not supported: write x - n*period instead",
    "@": "'@' is not supported: write sums of products",
    "[": "square brackets are not allowed: write parentheses",
    "{": "braces are not allowed: write parentheses",
    **dict.fromkeys("<>=!", "comparisons and assignments are not supported: write one arithmetic expression"),
}

_REFUSED_NODES: dict[type, str] = {
    ast.FloorDiv: "'//' has no derivative: write / instead",
    ast.BoolOp: "'and' and 'or' are not supported: write an arithmetic expression",
    ast.IfExp: "'if' is not supported: write an arithmetic expression",
    ast.Attribute: "attributes are not allowed: write sin(x), not np.sin(x)",
    ast.Tuple: "a comma makes a tuple: write one expression, with a point in decimal numbers",
}


class _Term(NamedTuple):
    """One translated node: the function of the arguments that computes it, and its value if it needs none of them."""

    evaluate: Evaluator
    constant: float | None = None


def parse(text: str, variables: Sequence[str]) -> Callable[..., Any]:
    """Turn a mathematical expression into a function of its variables.

    Parameters
    ----------
    text : str
        Expression in Python's notation, with the functions of `FUNCTIONS` and the constants ``pi`` and ``e``. At most
        2000 characters, nested at most 100 deep.
    variables : sequence of str
        Names of the arguments of the result, in their order. A variable hides a constant of the same name.

    Returns
    -------
    callable
        ``f(*arguments)``, elementwise, for numbers, arrays and every duck array with NumPy's functions.

    Raises
    ------
    ExpressionError
        If the text is anything else, on one line, with the column and the way out.

    Examples
    --------
    >>> f = parse("exp(-b*x) * sin(pi*x)", ["x", "b"])
    >>> round(float(f(0.5, 2.0)), 6)
    0.367879
    >>> parse("2^x", ["x"])
    Traceback (most recent call last):
        ...
    taylorad.expressions.ExpressionError: '^' is not a power: write ** instead (column 2 of '2^x')
    """
    names = [unicodedata.normalize("NFKC", name) for name in variables]  # Python's own reading of identifiers
    if len(set(names)) < len(names) or not all(name.isidentifier() for name in names):
        raise ExpressionError(f"the variables must be distinct identifiers, not {', '.join(map(repr, variables))}")
    translator = _Translator(text, names)
    evaluate = translator.term(translator.read(), depth=0).evaluate

    def function(*arguments: Any) -> Any:
        if len(arguments) != len(names):
            expected = ", ".join(names) or "nothing"
            raise TypeError(f"expected {len(names)} arguments ({expected}), got {len(arguments)}")
        return evaluate([_as_inexact(argument) for argument in arguments])

    function.__name__ = "expression"
    function.__doc__ = text
    return function


def _as_inexact(argument: Any) -> Any:
    """Make Python numbers and integer arrays floating, since ``2**-1`` and ``(-1)**0.5`` differ there from NumPy."""
    if isinstance(argument, (int, float, complex, list, tuple)):
        argument = np.asarray(argument)
    if isinstance(argument, (np.ndarray, np.generic)) and argument.dtype.kind in "biu":
        return np.asarray(argument, dtype=np.float64)[()]
    return argument[()] if type(argument) is np.ndarray else argument


class _Translator:
    """Checks an expression node by node and builds its closure."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = " ".join(text.splitlines()).strip()
        self.names = {name: index for index, name in enumerate(names)}
        if not self.text:
            raise ExpressionError("the expression is empty: write for example 'exp(sin(x))'")
        if len(self.text) > MAXIMUM_LENGTH:
            raise ExpressionError(f"the expression has {len(self.text)} characters: at most {MAXIMUM_LENGTH} are read")

    def fail(self, message: str, column: int) -> NoReturn:
        """Raise an `ExpressionError` that quotes the text around a column, counted from 1."""
        start = max(0, column - 20)
        excerpt = self.text[start : start + 40]
        quoted = f"{'…' if start else ''}{excerpt}{'…' if start + 40 < len(self.text) else ''}"
        raise ExpressionError(f"{message} (column {column} of {quoted!r})")

    def refuse(self, message: str, node: ast.AST) -> NoReturn:
        """Raise an `ExpressionError` at a node, whose offset ``ast`` counts in bytes of UTF-8."""
        offset = getattr(node, "col_offset", 0)
        self.fail(message, len(self.text.encode()[:offset].decode(errors="ignore")) + 1)

    def read(self) -> ast.expr:
        """Parse the text into a syntax tree, or say where it ceases to be one."""
        for index, character in enumerate(self.text):
            if character in _REFUSED_CHARACTERS:
                self.fail(_REFUSED_CHARACTERS[character], index + 1)
            if not (character.isalnum() or character in ALLOWED_CHARACTERS):
                self.fail(
                    f"the character {character!r} is not allowed: use + - * / ** ( ) names and numbers", index + 1
                )
        if self.text[-1] in "+-*/(,":
            self.fail(f"the expression ends too early: complete it after {self.text[-1]!r}", len(self.text))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # "1or 2" only warns in some versions of Python
                return ast.parse(self.text, mode="eval").body
        except SyntaxError as error:
            reason = (error.msg or "invalid syntax").partition(". ")[0].lower()
            column = min(max(1, error.offset or 1), len(self.text))
            self.fail(f"{reason}: write for example 2*x*(x + 1), with every operator", column)
        except (ValueError, RecursionError, MemoryError, Warning):
            self.fail("this cannot be read as an expression: make it shorter and simpler", 1)

    def term(self, node: ast.expr, depth: int) -> _Term:
        """Translate one node by its type."""
        if depth > MAXIMUM_DEPTH:
            self.refuse(f"nested more than {MAXIMUM_DEPTH} deep: split the expression", node)
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return self._apply(node, _OPERATORS[type(op)], [self.term(operand, depth + 1)])
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _OPERATORS:
                operands = [self.term(left, depth + 1), self.term(right, depth + 1)]
                return self._apply(node, _OPERATORS[type(op)], operands)
            case ast.Call():
                return self._call(node, depth)
        reason = _REFUSED_NODES.get(type(node)) or _REFUSED_NODES.get(type(getattr(node, "op", None)))
        self.refuse(reason or "only numbers, names, + - * / **, parentheses and calls are allowed", node)

    def _number(self, node: ast.Constant) -> _Term:
        value = node.value
        if type(value) not in (int, float):
            self.refuse(f"{value!r} is not a real number: write a decimal number", node)
        return self._constant(node, value)

    def _constant(self, node: ast.expr, value: Any) -> _Term:
        """Keep whole numbers integers, since ``x**2`` has series where ``x**2.5`` has none; all others are floats."""
        try:
            number = float(value)
        except (OverflowError, TypeError):
            number = np.inf
        if not np.isfinite(number):
            text = ast.get_source_segment(self.text, node) or "here"
            shown = text if len(text) <= 30 else f"{text[:29]}…"
            self.refuse(f"the constant {shown} is not a finite real number: change it", node)
        is_whole = (number != 0 or type(value) is int) and number.is_integer() and abs(number) < EXACT_INTEGERS
        result = int(number) if is_whole else number
        return _Term(lambda arguments: result, result)

    def _name(self, node: ast.Name) -> _Term:
        name = node.id
        if name in self.names:
            index = self.names[name]
            return _Term(lambda arguments: arguments[index])
        if name in CONSTANTS:
            return self._constant(node, CONSTANTS[name])
        if name in FUNCTIONS:
            self.refuse(f"the function {name} needs its argument: write {name}(…)", node)
        known = [*self.names, *CONSTANTS]
        hint = _closest(name, known) or f"the known names are {', '.join(known)}"
        self.refuse(f"unknown name {name!r}: {hint}", node)

    def _call(self, node: ast.Call, depth: int) -> _Term:
        if not isinstance(node.func, ast.Name):
            reason = _REFUSED_NODES[ast.Attribute] if isinstance(node.func, ast.Attribute) else "write * for a product"
            self.refuse(f"only named functions can be called: {reason}", node)
        name = node.func.id
        if name not in FUNCTIONS:
            if name in self.names or name in CONSTANTS:
                self.refuse(f"{name!r} is not a function: write {name}*(…) for a product", node)
            hint = _closest(name, FUNCTIONS) or "use the names of numpy and scipy.special"
            self.refuse(f"unknown function {name!r}: {hint}", node)
        function, arity = FUNCTIONS[name]
        if node.keywords or len(node.args) != arity or any(isinstance(a, ast.Starred) for a in node.args):
            given = len(node.args) + len(node.keywords)
            pattern = ", ".join("xyzt"[:arity])
            self.refuse(
                f"{name} takes {arity} plain argument{'s'[: arity > 1]}, not {given}: write {name}({pattern})", node
            )
        return self._apply(node, function, [self.term(argument, depth + 1) for argument in node.args])

    def _apply(self, node: ast.expr, function: Callable[..., Any], terms: list[_Term]) -> _Term:
        """Compose a function with its operands, or evaluate it at once, in floats, if all of them are constants."""
        constants = [term.constant for term in terms if term.constant is not None]
        if len(constants) == len(terms):
            return self._constant(node, _evaluate_constant(function, constants))
        operands = [term.evaluate for term in terms]
        if len(operands) == 1:
            (only,) = operands
            return _Term(lambda arguments: function(only(arguments)))
        if len(operands) == 2:
            left, right = operands
            return _Term(lambda arguments: function(left(arguments), right(arguments)))
        return _Term(lambda arguments: function(*(operand(arguments) for operand in operands)))


def _evaluate_constant(function: Callable[..., Any], constants: Sequence[float]) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return function(*map(np.float64, constants))
        except (ArithmeticError, TypeError, ValueError):
            return np.nan


def _closest(name: str, known: Iterable[str]) -> str:
    """Suggest what a misspelt name may have meant."""
    if name in _OTHER_NAMES and _OTHER_NAMES[name] in known:
        return f"did you mean {_OTHER_NAMES[name]}?"
    matches = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(matches)}?" if matches else ""
