"""The example program runs, on its simulated market and on somebody's own files."""

import re
from pathlib import Path

from btalpha.feeds import simulate_market
from btalpha.scripts.examples import add_topk


def test_it_runs_with_topk_in_it(capsys):
    add_topk.main([])
    printed = capsys.readouterr().out
    assert re.search(r"value at the end: [\d,]+ CNY", printed)
    assert len(re.findall(r"\d+ \d{6}\.S[HZ]", printed)) == 5


def test_it_takes_files_of_ones_own(tmp_path: Path, capsys):
    add_topk.write_csv(simulate_market(n_symbols=8, n_days=60, seed=4), tmp_path)
    assert len(list(tmp_path.glob("*.csv"))) == 8
    add_topk.main([str(tmp_path)])
    assert "held by TopK" in capsys.readouterr().out


def test_the_program_without_topk_is_an_ordinary_one(tmp_path: Path):
    add_topk.write_csv(simulate_market(n_symbols=8, n_days=60, seed=4), tmp_path)
    (averages,) = add_topk.cerebro_of(tmp_path).run()
    assert sum(averages.shares.values()) > 0
