"""Continual learning with adversarial neural pruning and synaptic consolidation.

Importing this package loads nothing: take ``anpyc.spec`` to describe a run (no torch) and
``anpyc.training`` to carry it out.
"""
