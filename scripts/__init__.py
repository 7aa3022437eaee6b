"""The ``btalpha`` command line, its settings, configurations and benchmarks."""
