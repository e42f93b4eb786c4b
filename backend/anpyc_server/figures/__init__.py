"""Figures: one pure function per file, from rows to ``plotly.graph_objects.Figure``."""
