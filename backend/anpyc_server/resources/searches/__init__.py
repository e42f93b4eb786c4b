"""Searches: trials that look for the best settings."""
