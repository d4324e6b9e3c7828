"""What users hold: Taylor polynomials in one and several variables, dual and hyperdual numbers; one solver for all."""

from taylorad.algebras.expansion import DomainWarning
from taylorad.algebras.hyperdual import Dual, HyperDual
from taylorad.algebras.multivariate import MultivariateTaylor, variables
from taylorad.algebras.series import Series
from taylorad.algebras.taylor import Taylor

__all__ = ["DomainWarning", "Dual", "HyperDual", "MultivariateTaylor", "Series", "Taylor", "variables"]
