"""Runs and groups of runs side by side."""
