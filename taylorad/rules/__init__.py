"""The table: every function users may call, by NumPy's or SciPy's name, with the kind that says how it is treated.

======================  =====================================================================================
kind                    rule in every algebra
======================  =====================================================================================
``elementary``          the recurrence of its differential equation (`elementary`, `special`)
``additive``            sums: part by part
``linear``              applied to every coefficient (`linear`)
``gather``              moves entries about: one index map serves every coefficient (`linear`)
``creation``            new constant arrays of the operand's algebra (`linear`)
``bilinear``            Cauchy products (`bilinear`)
``quotient``            the division recurrence, removable singularities included
``composite``           written with other functions of the table (`piecewise`, `composite`)
``constant``            looks at the degree-0 part only
``undefined``           functions of value 0 without derivatives, for kinks (`kinks`)
======================  =====================================================================================
"""

from __future__ import annotations

from taylorad.rules.bilinear import BILINEAR
from taylorad.rules.callbacks import CALLBACKS
from taylorad.rules.composite import COMPOSITE
from taylorad.rules.constant import CONSTANT
from taylorad.rules.elementary import ELEMENTARY
from taylorad.rules.linear import CREATION, GATHER, LINEAR
from taylorad.rules.piecewise import PIECEWISE
from taylorad.rules.rule import Domain, Primitive, Rule
from taylorad.rules.special import ALIASES, SPECIAL

__all__ = ["TABLE", "Domain", "Primitive", "Rule", "register"]

TABLE: dict[str, Primitive] = {}


def register(name: str, function: object, kind: str = "elementary") -> Primitive:
    """Add a function to the table (see 'Adding a function'); replaces an entry of the same name."""
    TABLE[name] = Primitive(name, kind, function)
    return TABLE[name]


for _kind, _functions in (
    ("elementary", ELEMENTARY),
    ("elementary", SPECIAL),
    ("additive", dict.fromkeys(("add", "subtract"))),
    ("quotient", dict.fromkeys(("divide",))),
    ("linear", LINEAR),
    ("gather", GATHER),
    ("creation", CREATION),
    ("bilinear", BILINEAR),
    ("composite", PIECEWISE),
    ("composite", COMPOSITE),
    ("composite", CALLBACKS),
    ("constant", CONSTANT),
    ("undefined", dict.fromkeys(("undefined", "unsettled"))),
):
    for _name, _function in _functions.items():  # type: ignore[attr-defined]
        register(_name, _function, _kind)
for _alias, _name in ALIASES.items():
    TABLE[_alias] = TABLE[_name]
