"""Measurements: `make bench` prints figures as JSON, ratios side by side in one run."""
