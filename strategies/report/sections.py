"""The sections of the page, in order. A section is one function: evidence in, a Section or None out."""

from collections.abc import Callable

from .evidence import Evidence
from .growth import growth, monthly
from .layout import Section
from .quantstats_section import quantstats
from .settings import settings
from .signal_quality import factors, signal
from .trading import holdings, refusals, trades

SECTIONS: tuple[Callable[[Evidence], Section | None], ...] = (
    growth,
    monthly,
    signal,
    factors,
    holdings,
    trades,
    refusals,
    quantstats,
    settings,
)


def build(evidence: Evidence) -> list[Section]:
    """Build every section for which there is something to show."""
    return [section for make in SECTIONS if (section := make(evidence)) is not None]
