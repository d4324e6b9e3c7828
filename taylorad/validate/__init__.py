"""Validation of the package against rigorous enclosures: ``python -m taylorad validate``.

Every function of the table, and composed ones, are enclosed by Arb (`enclosures`, independently of the recurrences of
this package), and the package's floating-point Taylor coefficients, gradients, Hessians and Hessian-vector products
must lie within a stated number of ulps of the enclosures (`measure` says which ulps, `bounds` how many). It needs
python-flint: ``pip install "taylorad[verified]"``.
"""

from taylorad.validate.balls import MissingArbError
from taylorad.validate.report import Report, as_data, markdown, names, run, table, write
from taylorad.validate.result import Bound, Result, Worst

__all__ = [
    "Bound",
    "MissingArbError",
    "Report",
    "Result",
    "Worst",
    "as_data",
    "markdown",
    "names",
    "run",
    "table",
    "write",
]
