"""`Interval`: arrays of intervals, the ring whose results enclose."""

from taylorad.algebras.interval.comparisons import Comparison, UndecidedError
from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.interval.kinds import KINDS
from taylorad.algebras.interval.moving import choose
from taylorad.algebras.interval.ring import IntervalNamespace

__all__ = ["Comparison", "Interval", "UndecidedError", "as_interval"]

Interval.kinds, Interval.namespace = KINDS, IntervalNamespace()
Comparison.choose = staticmethod(choose)
