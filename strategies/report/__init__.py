"""The tearsheet: one self-contained page about one portfolio, and the key figures of its returns.

A page is made in three steps, one module each: ``gather`` checks and aligns the arguments into an
``Evidence``; ``sections`` turns it into parts, one function each (to add a part, write a function
and name it in ``SECTIONS``); ``page`` puts them together and writes the file.
"""

from .metrics import performance, sessions_per_year
from .page import tearsheet

__all__ = ["performance", "sessions_per_year", "tearsheet"]
