"""Studies: methods, settings, seeds and benchmarks submitted as one."""
