"""Client libraries: imported when they are needed, quiet, and never waited for without end."""

import contextlib
import io
from collections.abc import Iterator

from .errors import MissingClient


@contextlib.contextmanager
def needs(client: str) -> Iterator[None]:
    """Say how to install a client where importing it fails.

    Examples
    --------
    >>> with needs("akshare"):
    ...     import no_such_module  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    MissingClient: akshare is not installed. Remedy: pip install 'btalpha[akshare]'.
    """
    try:
        yield
    except ImportError as error:
        raise MissingClient(
            f"{client} is not installed ({error})", remedy=f"pip install 'btalpha[{client}]'"
        ) from error


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    r"""Keep what a client prints away from the terminal, and give it.

    Examples
    --------
    >>> with quiet() as said:
    ...     print("login success!")
    >>> said.getvalue()
    'login success!\n'
    """
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        yield said
