"""Results on disk: a folder that is written beside the old one and takes its place when it is whole."""

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_folder(out: Path, files: Collection[str]) -> Iterator[Path]:
    """Give an empty folder to write into; on success it takes the place of ``out``.

    If the block fails or is interrupted, what was written is removed and ``out`` stays as it was.

    Parameters
    ----------
    out
        Where the results shall be. An existing folder is replaced only if nothing but ``files`` is in it,
        or folders that hold nothing but them.
    files
        Names of the files that such a run writes.

    Raises
    ------
    OSError
        If the folder cannot be written.
    ValueError
        If ``out`` exists and is not a folder of results.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "results"
    >>> with replaced_folder(target, ["config.toml"]) as folder:
    ...     _ = (folder / "config.toml").write_text("seed = 1")
    >>> [file.name for file in target.iterdir()]
    ['config.toml']
    """
    out = out.resolve()
    check_writable(out, files)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.tmp-", dir=out.parent))
    try:
        yield fresh
        _swap(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file of text; a reader sees the old one or the whole new one, never a part.

    Raises
    ------
    OSError
        If it cannot be written; what was there stays.

    Examples
    --------
    >>> target = Path(tempfile.mkdtemp()) / "found.json"
    >>> write_whole(target, "{}")
    >>> target.read_text(encoding="utf-8")
    '{}'
    """
    path = path.resolve()
    if path.is_dir():
        raise OSError(f"{path} is a folder; name a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.tmp-", dir=path.parent)
    try:
        os.close(handle)
        Path(name).write_text(text, encoding="utf-8")
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def check_writable(out: Path, files: Collection[str]) -> None:
    """Raise before the work begins if the results could not be written at its end."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out} is a file; name a folder")
    foreign = _foreign(out, files) if out.is_dir() else []
    if foreign:
        raise ValueError(
            f"--out {out} holds other files than results of such a run ({foreign[0]}); name another folder"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise OSError(f"--out {out} cannot be written ({error.strerror}); name another folder") from error


def _foreign(out: Path, files: Collection[str]) -> list[str]:
    """Name what such a run did not write; a folder that holds results of it and nothing else may go."""
    found = []
    for entry in sorted(out.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            inside = sorted(file.name for file in entry.iterdir())
            strange = [name for name in inside if name not in files or (entry / name).is_dir()]
            found += [f"{entry.name}/{name}" for name in strange] if inside else [entry.name]
        elif entry.name not in files:
            found.append(entry.name)
    return found


def _swap(fresh: Path, out: Path) -> None:
    fresh.chmod(0o755)
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old-", dir=out.parent))
    out.rename(old / "results")
    try:
        fresh.rename(out)
    except OSError:
        (old / "results").rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
