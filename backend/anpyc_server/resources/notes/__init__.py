"""Notes on groups, comparisons and figures."""
