"""Projects: what runs are kept together in."""
