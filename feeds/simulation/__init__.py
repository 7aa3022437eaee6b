"""The rooms of the simulated market; :mod:`btalpha.feeds.simulate` is its face.

``firms`` who there is, ``lifetimes`` when each trades, ``reports`` the quarterly statements,
``shocks`` the moves that nobody can foresee, ``planted`` the move that can be foreseen,
``corporate_actions`` dividends and splits, ``path`` the day-by-day walk within the price limits,
``bars`` the published bars and ``index`` the benchmark.
"""
