"""Random and Bayesian search over settings; trials are runs."""
