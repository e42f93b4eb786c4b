"""Saved views of the list, with charts of their own."""
