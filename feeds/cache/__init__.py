"""Fetched data on disk: one parquet file a symbol, whole or not there, checked when it is read."""

from .store import DamagedFile, Store, default_folder
from .update import Outcome, Updater

__all__ = ["DamagedFile", "Outcome", "Store", "Updater", "default_folder"]
