"""Names of the options of a screening."""

from typing import Literal

Method = Literal["cross_section", "time_series"]
Correlation = Literal["pearson", "spearman"]
FalseDiscovery = Literal["none", "stocks", "factors"]
