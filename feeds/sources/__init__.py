"""Where market data comes from: files, and services that are asked through their own clients.

Each source is imported when it is first used, and its client is an optional extra
(``pip install 'btalpha[akshare]'``).
"""

from .base import Source
from .catalogue import SOURCES, make_source
from .errors import SourceError
from .patience import Patience

__all__ = ["SOURCES", "Patience", "Source", "SourceError", "make_source"]
