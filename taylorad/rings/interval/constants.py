"""Irrational constants as the doubles around them; in hexadecimal, which is read exactly in every rounding mode."""

from __future__ import annotations

__all__ = ["CONSTANTS"]

_ENDS = {
    "pi": ("0x1.921fb54442d18p+1", "0x1.921fb54442d19p+1"),
    "e": ("0x1.5bf0a8b145769p+1", "0x1.5bf0a8b14576ap+1"),
    "euler_gamma": ("0x1.2788cfc6fb618p-1", "0x1.2788cfc6fb619p-1"),
    "log2": ("0x1.62e42fefa39efp-1", "0x1.62e42fefa39f0p-1"),
    "log10": ("0x1.26bb1bbb55515p+1", "0x1.26bb1bbb55516p+1"),
}
CONSTANTS = {name: (float.fromhex(inf), float.fromhex(sup)) for name, (inf, sup) in _ENDS.items()}
