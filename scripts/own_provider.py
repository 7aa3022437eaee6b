"""A provider of the user's own, by the dotted path of its class."""

import pkgutil
import sys
from pathlib import Path

from ..signals import SignalProvider
from .settings import SettingsError


def own_provider(path: str) -> SignalProvider:
    """Import ``package.module:Class`` from the current folder, or where Python finds it, and build it.

    This runs the code of that module. The class is called without arguments.

    Raises
    ------
    SettingsError
        If there is no such module or class, or it is no :class:`SignalProvider` that can be built so.
    """
    module_name, _, class_name = path.partition(":")
    found = getattr(_module(module_name, path), class_name, None)
    if not (isinstance(found, type) and issubclass(found, SignalProvider)):
        what = f"no {class_name}" if found is None else f"{class_name}, which is no SignalProvider"
        raise SettingsError(
            f"model.name {path}: {module_name} has {what}; write class {class_name}(SignalProvider) there, "
            "with fit and predict"
        )
    try:
        return found()
    except TypeError as error:
        raise SettingsError(
            f"model.name {path}: {class_name}() cannot be built without arguments ({error}); give its "
            "arguments defaults, or write a class that sets them"
        ) from error


def _module(name: str, path: str) -> object:
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        return pkgutil.resolve_name(name)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise SettingsError(
            f"model.name {path}: there is no module {name} in this folder or among the installed ones; "
            "write package.module:Class, without .py"
        ) from None
    finally:
        sys.path.remove(folder)
