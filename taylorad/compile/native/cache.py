"""Machine code kept on disk between runs, privately to the user.

A file holds magic, version, the key, the SHA-256 of key and contents, the contents. Code from disk is executed, so only
what this user alone can have written is read: directory and file belong to the user, nobody else may write to them,
the file is no link, and the sum is right. Everything else counts as missing and is written anew. Files appear by a
rename, so that other processes see all of one or nothing.

Settings: `TAYLORAD_CACHE_DIR` (directory), `TAYLORAD_CACHE=0` or `set_disk_cache(False)` (off).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import stat
import struct
import sys
import tempfile
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import scipy

MAGIC, VERSION = b"taylorad machine code\n", 1
HEAD = struct.Struct("<22sII32s")  # magic, version, length of the key, SHA-256 of key and contents
LIMIT = 512 * 2**20  # bytes
SUFFIX, UNFINISHED = ".code", ".part"
ABANDONED = 3600.0  # seconds after which an unfinished file is of a process that died
POSIX = os.name == "posix"
_switch: bool | None = None


# ------------------------------------------------------------------------------------------------ settings


def set_disk_cache(on: bool | None) -> None:
    """Switch the cache on disk on or off for this process; None leaves it to the environment again."""
    global _switch
    _switch = on


def is_on() -> bool:
    """Whether machine code is kept on disk: the last `set_disk_cache`, else unless `TAYLORAD_CACHE` is 0."""
    if _switch is not None:
        return _switch
    return os.environ.get("TAYLORAD_CACHE", "1").strip().lower() not in ("0", "off", "no", "false")


def directory() -> Path:
    """Where files go: `TAYLORAD_CACHE_DIR`, else "taylorad" in the platform's cache directory of the user.

    Raises
    ------
    RuntimeError
        If the user has no home directory.
    """
    chosen = os.environ.get("TAYLORAD_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        base = given if os.path.isabs(given) else Path.home() / ".cache"  # the standard says to ignore relative ones
    return Path(base) / "taylorad"


def disk_cache() -> DiskCache | None:
    """The cache in the directory of the settings, None if it is off or there is no directory."""
    if not is_on():
        return None
    try:
        return _in(directory().absolute())
    except RuntimeError:
        return None


@cache
def _in(path: Path) -> DiskCache:
    return DiskCache(path)


def key_of(ir_text: str, cpu: str, features: str, level: int) -> str:
    """A name for the machine code of a text: SHA-256, in hexadecimal, of all that it depends on.

    That is the text, the level of optimisation, the processor, the platform, and the versions of taylorad, llvmlite,
    LLVM, NumPy, SciPy and Python.
    """
    total = hashlib.sha256()
    for part in (*_versions(), cpu, features, str(level), ir_text):
        data = part.encode()
        total.update(struct.pack("<Q", len(data)) + data)
    return total.hexdigest()


@cache
def _versions() -> tuple[str, ...]:
    from llvmlite import __version__ as llvmlite_version
    from llvmlite.binding import llvm_version_info

    try:
        own = importlib.metadata.version("taylorad")
    except importlib.metadata.PackageNotFoundError:  # run from its sources
        own = "sources"
    llvm_version = ".".join(map(str, llvm_version_info))
    host = sys.version, sys.platform, platform.machine()
    return own, llvmlite_version, llvm_version, np.__version__, scipy.__version__, *host


# ------------------------------------------------------------------------------------------------ the cache


class DiskCache:
    """Files of bytes under names, in a private directory. No method raises because of the disk.

    Parameters
    ----------
    path : Path
        Is made when something is stored, with access for the user alone.
    limit : int
        Bytes; when they are exceeded those files go that were not used for longest.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path, self.limit = path, limit
        self._total: int | None = None
        self._writable = True

    def load(self, key: str) -> bytes | None:
        """What was stored under a key, None if there is nothing that can be trusted.

        Raises
        ------
        ValueError
            If the key is not lower-case hexadecimal.
        """
        path = self._file(key)
        try:
            if not self._is_private():
                return None
            contents = _contents(_read(path), key)
        except OSError:
            return None
        if contents is not None:
            with contextlib.suppress(OSError):  # a disk that can only be read
                os.utime(path)
        return contents

    def store(self, key: str, data: bytes) -> None:
        """Keep data under a key. If that fails, nothing more is stored in this process.

        Raises
        ------
        ValueError
            If the key is not lower-case hexadecimal.
        """
        path = self._file(key)
        whole = HEAD.pack(MAGIC, VERSION, len(key), _sum(key, data)) + key.encode() + data
        if not self._writable or len(whole) > self.limit:
            return
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writable = self._is_private()
            if self._writable:
                self._write(path, whole)
                self._bound(len(whole))
        except OSError:
            self._writable = False

    def _file(self, key: str) -> Path:
        if not key or set(key) - set("0123456789abcdef"):
            raise ValueError(f"a key is lower-case hexadecimal, not {key!r}")
        return self.path / (key + SUFFIX)

    def _is_private(self) -> bool:
        """Whether the directory is the user's alone; warns once if not. OSError if there is none."""
        fault = _fault(os.stat(self.path), "directory")
        if fault is not None:
            _warn_once(self.path, fault)
        return fault is None

    def _write(self, path: Path, whole: bytes) -> None:
        handle, name = tempfile.mkstemp(suffix=UNFINISHED, dir=self.path)  # readable and writable by the user alone
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(whole)
            os.replace(name, path)
        except OSError:
            os.unlink(name)
            raise

    def _bound(self, added: int) -> None:
        """Remove what was not used for longest if there is too much; other processes' files are seen only then."""
        if self._total is not None:
            self._total += added
            if self._total <= self.limit:
                return
        found = sorted(self._finished())
        self._total = sum(size for _, size, _ in found)
        for _, size, path in found:
            if self._total <= self.limit:
                return
            _remove(path)
            self._total -= size

    def _finished(self) -> list[tuple[float, int, str]]:
        """(time of last use, size, path) of all files; abandoned unfinished ones are removed."""
        found = []
        with os.scandir(self.path) as files:
            for file in files:
                try:
                    seen = file.stat(follow_symlinks=False)
                except OSError:  # another process removed it
                    continue
                if file.name.endswith(SUFFIX):
                    found.append((seen.st_mtime, seen.st_size, file.path))
                elif file.name.endswith(UNFINISHED) and time.time() - seen.st_mtime > ABANDONED:
                    _remove(file.path)
        return found


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):  # another process was faster, or has it open on Windows
        os.unlink(path)


def _read(path: Path) -> bytes:
    """The contents of a plain file of the user's own; empty if it is none. Checks are on the open file itself."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return file.read() if _fault(os.fstat(file.fileno()), "file") is None else b""


def _fault(seen: os.stat_result, kind: str) -> str | None:
    """Why code from this file or directory is not to be trusted, and the way out; None if it is."""
    right_kind = stat.S_ISDIR(seen.st_mode) if kind == "directory" else stat.S_ISREG(seen.st_mode)
    if not right_kind:
        return f"it is not a {kind}: remove it"
    if not POSIX:
        return None  # the user's folders on Windows are private by their access lists
    user = os.geteuid()
    if seen.st_uid != user:
        return f"it belongs to user {seen.st_uid}, not to {user}: remove it, or choose another by TAYLORAD_CACHE_DIR"
    if seen.st_mode & 0o022:
        return "others may write to it: `chmod go-w` it"
    return None


def _contents(whole: bytes, key: str) -> bytes | None:
    """What a file holds if it is complete and for this key."""
    if len(whole) < HEAD.size:
        return None
    magic, version, length, checksum = HEAD.unpack_from(whole)
    data = whole[HEAD.size + length :]
    fits = (magic, version) == (MAGIC, VERSION) and whole[HEAD.size : HEAD.size + length] == key.encode()
    return data if fits and _sum(key, data) == checksum else None


def _sum(key: str, data: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + data).digest()


@cache
def _warn_once(path: Path, fault: str) -> None:
    warnings.warn(
        f"compiled code is not kept in {path}, because {fault} (or switch the cache off by TAYLORAD_CACHE=0)",
        RuntimeWarning,
        stacklevel=4,
    )
