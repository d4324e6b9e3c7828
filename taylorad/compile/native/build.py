"""From LLVM's text to machine code, by way of the cache on disk."""

from __future__ import annotations

import re

from taylorad.compile.native import target
from taylorad.compile.native.cache import disk_cache, key_of

_ADDRESS = re.compile(r"\binttoptr \(i64 \d")  # of this process: such code is of no use to another one
_DEFINED = re.compile(r"^define (?!internal)[^@\n]*@([^\s(]+)\(", re.MULTILINE)


def assembly_of(ir_text: str, level: int = 2) -> str:
    """The assembly of a text."""
    return target.optimise_and_compile(ir_text, level).assembly


def build(ir_text: str, level: int = 2) -> target.Module:
    """Machine code of a text: stored code if there is some, else it is compiled, and stored."""
    cache = None if _ADDRESS.search(ir_text) else disk_cache()
    if cache is None:
        return target.optimise_and_compile(ir_text, level)
    host = target.machine()
    key = key_of(ir_text, host.cpu, host.features, level)
    data = cache.load(key)
    if data is not None:
        try:
            module = target.load(data)
            module.address(_DEFINED.findall(ir_text)[-1])
            return module
        except RuntimeError:  # bytes that are no object of this machine: compiled anew
            pass
    module = target.optimise_and_compile(ir_text, level)
    cache.store(key, module.object_bytes)
    return module
