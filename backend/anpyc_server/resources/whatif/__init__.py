"""Pruning more or less than a run did."""
