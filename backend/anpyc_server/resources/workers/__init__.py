"""Workers, and the runs that wait for them."""
