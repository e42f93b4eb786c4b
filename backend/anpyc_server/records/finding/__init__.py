"""Finding runs: what they have, by name; the filter language; and both as SQL."""
