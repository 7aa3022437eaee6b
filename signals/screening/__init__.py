"""Which factors are worth learning from: screening by information coefficient."""

from .ic_screen import ICScreen

__all__ = ["ICScreen"]
