"""Runs: submitting, listing, editing, stopping, deleting."""
