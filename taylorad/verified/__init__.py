"""Results that are theorems: enclosures of ranges and derivatives over boxes, and what follows from them.

`enclose` bounds the range of a function over a box, `gradient`, `jacobian` and `hessian` its derivatives at all points
of the box, `sensitivity` ranks the inputs by what they contribute. Every result holds for real arithmetic, whatever
rounding did on the way; what a proof rests on is said in the documentation ("What verified means").
"""

from taylorad.verified.derivatives import gradient, hessian, jacobian
from taylorad.verified.enclosure import Enclosure, enclose
from taylorad.verified.findings import Sensitivity
from taylorad.verified.sensitivity import sensitivity

__all__ = ["Enclosure", "Sensitivity", "enclose", "gradient", "hessian", "jacobian", "sensitivity"]
