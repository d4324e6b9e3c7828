"""What users hold: Taylor polynomials in one and several variables, dual and hyperdual numbers; one solver for all."""

from taylorad.algebras.expansion import DomainWarning
from taylorad.algebras.hyperdual import Dual, HyperDual
from taylorad.algebras.interval import Interval
from taylorad.algebras.multivariate import MultivariateTaylor, variables
from taylorad.algebras.series import Series
from taylorad.algebras.taylor import Taylor
from taylorad.algebras.taylor_model import TaylorModel

__all__ = [
    "DomainWarning",
    "Dual",
    "HyperDual",
    "Interval",
    "MultivariateTaylor",
    "Series",
    "Taylor",
    "TaylorModel",
    "variables",
]
