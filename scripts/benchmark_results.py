"""The README's table of benchmarks that need no table of their own, from what each of them printed."""

import json
from pathlib import Path

_FOLDER = Path(__file__).parent / "recorded"
_BARS = "--data ashare_csi300_2010_2016.parquet --members index_members.csv --index csi300"
COMMANDS = {
    "lstm.json": f"python -m btalpha.scripts.benchmarks.lstm {_BARS} --end 2014-12-31 --large",
    "random_portfolios.json": f"python -m btalpha.scripts.benchmarks.random_portfolios {_BARS} "
    "--start 2015-01-05",
    "check.json": "python -m btalpha.scripts.benchmarks.check",
}
"""Recorded file to the command that printed it."""


def benchmarks_table(folder: Path = _FOLDER) -> str:
    """Return one row a claim as Markdown.

    Parameters
    ----------
    folder
        Where the files of :data:`COMMANDS` are.
    """
    lstm, random, check = (json.loads((folder / name).read_text(encoding="utf-8")) for name in COMMANDS)
    train, score, day, large = (lstm[part] for part in ("training", "prediction", "one_more_day", "large"))
    rows = [
        (
            f"train the LSTM on {lstm['stocks']} stocks x {lstm['days']:,} days, {train['cores']} cores",
            f"{train['labels_a_second']:,} labels a second; {train['epochs']} epochs of a network in "
            f"{train['seconds_a_network']:.0f} s, validation rank IC {train['validation_rank_ic']:.3f}",
            f"{train['times_faster']:.1f} times overlapping windows from a DataLoader; "
            f"{train['windows_epochs']} epochs in {train['windows_seconds_a_network']:.0f} s, "
            f"{train['windows_validation_rank_ic']:.3f}",
        ),
        (
            "score all of that",
            f"{score['seconds']:.1f} s",
            f"{score['times_faster']:.0f} times faster than window by window",
        ),
        (
            f"score one more day of {day['stocks']:,} stocks",
            f"{1000 * day['seconds']:.0f} ms",
            f"{day['share_of_a_training_step']:.1%} of a training step",
        ),
        (
            "train on 5,000 stocks x 2,500 days x 30 factors",
            f"{large['seconds_an_epoch']:.0f} s an epoch",
            f"{large['peak_memory_gib']:.1f} GiB at most",
        ),
        (
            f"{random['portfolios']:,} random portfolios, {random['sessions']} sessions",
            f"{random['seconds_random_portfolios']:.1f} s",
            f"{random['times_one_run']:.1f} times one event-driven run",
        ),
        (
            f"`btalpha check` on {check['rows']:,} bars",
            f"{check['seconds']:.0f} s",
            f"{check['peak_memory_gib']:.1f} GiB at most",
        ),
    ]
    cells = [("what", "takes", "beside"), ("---",) * 3, *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
