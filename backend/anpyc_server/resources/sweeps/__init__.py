"""Many runs at once, from a grid and seeds."""
