"""Repetitions over seeds, and sweeps, as one line each."""
