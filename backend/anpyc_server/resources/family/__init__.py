"""Where a run comes from and what was made from it, and the other runs of its sweep."""
