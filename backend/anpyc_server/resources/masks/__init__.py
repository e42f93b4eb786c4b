"""Windows of masks, owners, importances and weights, at any resolution."""
