"""Functions that look at the degree-0 part only: comparisons, rounding, tests, positions.

Their values are locally constant, so their derivatives are zero; they return plain arrays.
"""

from __future__ import annotations

import numpy as np

_UFUNCS = (
    "equal not_equal less less_equal greater greater_equal isfinite isnan isinf signbit floor ceil rint trunc "
    "floor_divide logical_and logical_or logical_not logical_xor"
)
_FUNCTIONS = (
    "argmax argmin argsort nanargmax nanargmin count_nonzero nonzero flatnonzero argwhere round around fix any all "
    "isclose allclose shape ndim size searchsorted digitize iscomplexobj isrealobj isneginf isposinf lexsort "
    "result_type may_share_memory shares_memory"
)
CONSTANT = {name: getattr(np, name) for name in (_UFUNCS + " " + _FUNCTIONS).split()}
