"""Which versions made a result."""

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("btalpha", "backtrader", "numpy", "pandas", "torch", "scikit-learn", "lightgbm", "quantstats")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
