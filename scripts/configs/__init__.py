"""Configurations that come with the package: the demo's simulated market, the CSI 300."""
