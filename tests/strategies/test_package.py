"""The package's face: lazy, complete, cheap."""

import subprocess
import sys

import btalpha.strategies as strategies
import pytest


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, btalpha.strategies; heavy = {'backtrader', 'pandas', 'numpy', 'torch', 'joblib'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", strategies.__all__)
def test_every_public_name_is_there(name):
    assert callable(getattr(strategies, name))
    assert name in dir(strategies)


def test_unknown_name():
    with pytest.raises(AttributeError, match="has no attribute 'TopKK'"):
        strategies.TopKK  # noqa: B018
