"""Machine code on disk: what was stored comes back, and nothing that somebody else could have written does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

from taylorad.compile.native import cache as module
from taylorad.compile.native.cache import DiskCache, directory, disk_cache, is_on, key_of, set_disk_cache

KEY, OTHER = "ab" * 32, "cd" * 32
DATA = bytes(range(256)) * 5
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are those of POSIX")


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "deep" / "taylorad")


@pytest.fixture
def stored(cache):
    """(cache, path of the file) with DATA under KEY."""
    cache.store(KEY, DATA)
    (path,) = cache.path.iterdir()
    assert cache.load(KEY) == DATA
    return cache, path


def rebuilt(cache) -> bool:
    """Whether the entry counts as missing, and is right again once it was stored anew."""
    missing = cache.load(KEY) is None
    cache.store(KEY, DATA)
    return missing and cache.load(KEY) == DATA


def test_what_was_stored_comes_back(cache):
    assert cache.load(KEY) is None
    for data in (DATA, b"", b"newer"):
        cache.store(KEY, data)
        assert cache.load(KEY) == data
        assert DiskCache(cache.path).load(KEY) == data
    assert cache.load(OTHER) is None


@pytest.mark.parametrize("key", ["", "../ab", "AB", "ab/cd", "ab.code", "é"])
def test_keys_are_hexadecimal(cache, key):
    with pytest.raises(ValueError, match="hexadecimal"):
        cache.load(key)
    with pytest.raises(ValueError, match="hexadecimal"):
        cache.store(key, DATA)


@posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_directory_and_files_are_private(cache, umask):
    before = os.umask(umask)
    try:
        cache.store(KEY, DATA)
    finally:
        os.umask(before)
    assert cache.path.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in cache.path.iterdir()] == [0o600]
    assert cache.load(KEY) == DATA


# ------------------------------------------------------------------------------------------------ damage


@pytest.mark.parametrize("place", [0, 21, 22, 26, 30, 61, 62, 100, 126, 700, -1])
def test_any_changed_byte_is_noticed(stored, place):
    cache, path = stored
    whole = bytearray(path.read_bytes())
    whole[place] ^= 1
    path.write_bytes(whole)
    assert rebuilt(cache)


@pytest.mark.parametrize("length", [0, 1, 61, 62, 63, 125, 126, 127, -1])
def test_an_incomplete_file_is_noticed(stored, length):
    cache, path = stored
    path.write_bytes(path.read_bytes()[:length])
    assert rebuilt(cache)


def test_an_appended_byte_is_noticed(stored):
    cache, path = stored
    path.write_bytes(path.read_bytes() + b"\0")
    assert rebuilt(cache)


def test_a_file_under_another_key_is_noticed(stored):
    cache, path = stored
    cache.store(OTHER, b"other")
    os.replace(path.with_name(OTHER + path.suffix), path)
    assert rebuilt(cache)


def test_a_file_of_another_version_is_noticed(stored, monkeypatch):
    cache, _ = stored
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert rebuilt(cache)


# ------------------------------------------------------------------------------------------------ trust


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_others_may_write_to_is_ignored(stored, mode):
    cache, path = stored
    path.chmod(mode)
    assert rebuilt(cache)
    assert path.stat().st_mode & 0o777 == 0o600


@posix
def test_a_file_others_may_only_read_is_used(stored):
    cache, path = stored
    path.chmod(0o644)
    assert cache.load(KEY) == DATA


@posix
def test_a_symbolic_link_is_ignored(stored, tmp_path):
    cache, path = stored
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert rebuilt(cache)
    assert not path.is_symlink()


@posix
def test_what_is_no_plain_file_is_ignored(stored):
    cache, path = stored
    path.unlink()
    os.mkfifo(path)
    assert rebuilt(cache)


@posix
def test_a_foreign_file_is_ignored(stored, monkeypatch):
    """The owner of the directory stays the user, the file is another's."""
    cache, path = stored
    real = os.fstat

    def foreign(handle):
        seen = list(real(handle))
        seen[4] += 1  # st_uid
        return os.stat_result(seen)

    monkeypatch.setattr(module.os, "fstat", foreign)
    assert cache.load(KEY) is None
    monkeypatch.undo()
    assert rebuilt_after_chown(cache, path)


def rebuilt_after_chown(cache, path) -> bool:
    """The same with a file that truly is another's, where the tests may make one: as root."""
    if os.geteuid() != 0:
        return cache.load(KEY) == DATA
    os.chown(path, 12345, -1)
    return rebuilt(cache) and path.stat().st_uid == 0


@posix
def test_a_foreign_directory_is_not_used_and_said_once(stored, monkeypatch):
    cache, path = stored
    monkeypatch.setattr(module.os, "geteuid", lambda: cache.path.stat().st_uid + 1)
    with pytest.warns(RuntimeWarning, match=r"belongs to user .* TAYLORAD_CACHE_DIR"):
        assert cache.load(KEY) is None
    before = path.stat().st_mtime_ns
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cache.load(KEY) is None
        cache.store(KEY, b"new")
        assert DiskCache(cache.path).load(KEY) is None
    assert path.stat().st_mtime_ns == before


@posix
@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_directory_others_may_write_to_is_not_used_and_said_once(stored, mode):
    cache, _ = stored
    cache.path.chmod(mode)
    with pytest.warns(RuntimeWarning, match="chmod go-w"):
        assert cache.load(KEY) is None
    cache.store(OTHER, DATA)
    assert len(list(cache.path.iterdir())) == 1
    cache.path.chmod(0o755)
    assert DiskCache(cache.path).load(KEY) == DATA


@posix
def test_such_a_directory_is_noticed_by_store_too(tmp_path):
    tmp_path.chmod(0o777)
    cache = DiskCache(tmp_path)
    with pytest.warns(RuntimeWarning, match="others may write"):
        cache.store(KEY, DATA)
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------------- trouble with the disk


def test_a_place_that_cannot_be_made_switches_off_silently(tmp_path):
    (tmp_path / "file").write_text("")
    cache = DiskCache(tmp_path / "file" / "taylorad")
    cache.store(KEY, DATA)
    assert cache.load(KEY) is None
    (tmp_path / "file").unlink()
    cache.store(KEY, DATA)  # off by now
    assert not cache.path.exists()


def test_a_file_in_place_of_the_directory_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(RuntimeWarning, match="not a directory"):
        assert DiskCache(tmp_path / "file").load(KEY) is None


def test_a_full_disk_switches_off_silently_and_leaves_nothing(cache, monkeypatch):
    cache.store(KEY, DATA)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    cache.store(OTHER, DATA)
    monkeypatch.undo()
    assert [path.stem for path in cache.path.iterdir()] == [KEY]
    cache.store(OTHER, DATA)
    assert cache.load(OTHER) is None
    assert cache.load(KEY) == DATA


@posix
def test_a_write_that_ends_early_leaves_nothing(tmp_path):
    """A true failure in the middle of writing: the kernel limits the size of files."""
    program = f"""
import resource
from pathlib import Path
from taylorad.compile.native.cache import DiskCache
cache = DiskCache(Path({str(tmp_path)!r}) / "taylorad")
cache.store({KEY!r}, b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
cache.store({OTHER!r}, bytes(100_000))
assert cache.load({OTHER!r}) is None and cache.load({KEY!r}) == b"small"
assert len(list(cache.path.iterdir())) == 1
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=120)


def test_a_disk_that_can_only_be_read_is_read(stored, monkeypatch):
    cache, _ = stored

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module.os, "utime", refuse)
    assert cache.load(KEY) == DATA


# ------------------------------------------------------------------------------------------------ size


def aged(cache, key, seconds):
    when = time.time() - seconds
    os.utime(cache.path / (key + module.SUFFIX), (when, when))


def test_the_oldest_use_is_removed_first(tmp_path):
    cache = DiskCache(tmp_path / "taylorad", limit=4000)
    keys = ["a1", "b2", "c3"]
    for i, key in enumerate(keys):
        cache.store(key, bytes(1000))
        aged(cache, key, 100 - i)
    assert cache.load("a1") is not None  # so b2 is now the oldest
    cache.store("d4", bytes(1000))
    assert [cache.load(key) is not None for key in (*keys, "d4")] == [True, False, True, True]


def test_the_total_stays_bounded(tmp_path):
    cache = DiskCache(tmp_path / "taylorad", limit=10_000)
    for i in range(60):
        cache.store(f"{i:04x}", bytes(500 + 37 * (i % 5)))
        assert sum(path.stat().st_size for path in cache.path.iterdir()) <= 10_000
    assert cache.load(f"{59:04x}") is not None


def test_what_is_larger_than_the_limit_is_not_stored(tmp_path):
    cache = DiskCache(tmp_path / "taylorad", limit=1000)
    cache.store("a1", bytes(10))
    cache.store("b2", bytes(1000))
    assert cache.load("b2") is None
    assert cache.load("a1") is not None


def test_files_of_a_process_that_died_are_removed(cache):
    cache.path.mkdir(parents=True, mode=0o700)
    dead, living = (cache.path / f"x{name}{module.UNFINISHED}" for name in ("dead", "living"))
    for path in (dead, living):
        path.write_bytes(b"half")
    os.utime(dead, (0, 0))
    cache.store(KEY, DATA)
    assert not dead.exists()
    assert living.exists()


def test_processes_see_all_of_a_file_or_nothing(tmp_path):
    program = f"""
import os
from pathlib import Path
from taylorad.compile.native.cache import DiskCache
cache = DiskCache(Path({str(tmp_path)!r}) / "taylorad", limit=400_000)
expected = {{f"{{k:02x}}": bytes([k]) * (20_000 + k) for k in range(30)}}
seen = 0
for _ in range(20):
    for key, data in expected.items():
        found = cache.load(key)
        assert found is None or found == data
        seen += found is not None
        cache.store(key, data)
assert cache._writable
print(seen)
"""
    run = [sys.executable, "-W", "error", "-c", program]
    workers = [subprocess.Popen(run, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    seen = [int(worker.communicate(timeout=120)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(seen) > 0
    assert all(path.suffix == module.SUFFIX for path in (tmp_path / "taylorad").iterdir())


# ------------------------------------------------------------------------------------------------ settings


@pytest.fixture
def clean(monkeypatch):
    for name in ("TAYLORAD_CACHE", "TAYLORAD_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    set_disk_cache(None)
    yield monkeypatch
    set_disk_cache(None)


@pytest.mark.parametrize("word", ["0", "off", "No", " false "])
def test_the_environment_switches_off(clean, word):
    assert is_on()
    clean.setenv("TAYLORAD_CACHE", word)
    assert not is_on()
    assert disk_cache() is None
    set_disk_cache(True)
    assert is_on()
    set_disk_cache(None)
    assert not is_on()


def test_the_setting_switches_off(clean, tmp_path):
    clean.setenv("TAYLORAD_CACHE_DIR", str(tmp_path / "here"))
    found = disk_cache()
    assert found is not None
    assert found.path == tmp_path / "here"
    assert disk_cache() is found
    set_disk_cache(False)
    assert disk_cache() is None


@pytest.mark.parametrize(
    ("system", "names", "expected"),
    [
        ("linux", {}, "~/.cache/taylorad"),
        ("linux", {"XDG_CACHE_HOME": "/xdg"}, "/xdg/taylorad"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "~/.cache/taylorad"),
        ("darwin", {"XDG_CACHE_HOME": "/xdg"}, "~/Library/Caches/taylorad"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/taylorad"),
        ("win32", {}, "~/AppData/Local/taylorad"),
        ("linux", {"TAYLORAD_CACHE_DIR": "~/mine"}, "~/mine"),
        ("linux", {"TAYLORAD_CACHE_DIR": ""}, "~/.cache/taylorad"),
    ],
)
def test_the_directory_of_each_platform(clean, system, names, expected):
    clean.setattr(module.sys, "platform", system)
    for name, value in names.items():
        clean.setenv(name, value)
    assert directory() == Path(expected).expanduser()


def test_without_a_home_there_is_no_cache(clean):
    def none():
        raise RuntimeError("Could not determine home directory.")

    clean.setattr(module.Path, "home", none)
    assert disk_cache() is None


def test_the_key_depends_on_everything(monkeypatch):
    pytest.importorskip("llvmlite", reason="keys hold its version")
    base = ("define void @f()", "skylake", "+avx", 2)
    changed = [("define void @g()", *base[1:]), (base[0], "zen", *base[2:]), (*base[:2], "-avx", 2), (*base[:3], 3)]
    shifted = [("define void @f()", "sky", "lake+avx", 2)]
    keys = [key_of(*args) for args in (base, *changed, *shifted)]
    versions = module._versions()
    for i in range(len(versions)):
        other = tuple(v + "x" if i == j else v for j, v in enumerate(versions))
        monkeypatch.setattr(module, "_versions", lambda other=other: other)
        keys.append(key_of(*base))
    monkeypatch.undo()
    assert len(versions) == 8
    assert len(set(keys)) == len(keys)
    assert key_of(*base) == keys[0]
    assert len(keys[0]) == 64
