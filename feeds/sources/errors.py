"""What can go wrong with a source, sorted by what helps: waiting, another symbol, or the user."""

from ..errors import DataError


class SourceError(DataError):
    """A source did not give what was asked; the message names source, symbol and remedy."""

    reason = "failed"


class SymbolError(SourceError):
    """Not a symbol, or not one of this source."""

    reason = "not a symbol"


class UnknownSymbol(SourceError):  # noqa: N818  - it is no fault of the program's
    """The source has never had a bar of the symbol."""

    reason = "unknown symbol"


class NotOffered(SourceError):  # noqa: N818
    """The source does not have this kind of data at all."""

    reason = "not offered"


class MissingClient(SourceError):  # noqa: N818
    """The client library of the source is not installed."""

    reason = "client missing"


class AccessError(SourceError):
    """The source refuses the user: no token, a wrong one, or too few rights."""

    reason = "no access"


class ChangedAnswer(SourceError):  # noqa: N818
    """The answer has another form than the one this version reads; asking again does not help."""

    reason = "changed answer"


class NoAnswer(SourceError):  # noqa: N818
    """No answer, half an answer or an unreadable one: asking again may help."""

    reason = "no answer"


class RateLimited(NoAnswer):
    """The source asks for patience."""

    reason = "rate limit"
