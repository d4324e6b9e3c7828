"""Small functions as users write them, none of which knows that it will be differentiated.

Every function takes an array (of four numbers unless its entry in TABLE says otherwise) and returns a number, an array,
or a container of them.
"""

from __future__ import annotations

from tests.everyday import aliases, arrays, control, names, numbers, writes
from tests.everyday.table import TABLE, Everyday, plain_total

MODULES = (aliases, arrays, control, names, numbers, writes)

__all__ = ["MODULES", "TABLE", "Everyday", "plain_total"]
