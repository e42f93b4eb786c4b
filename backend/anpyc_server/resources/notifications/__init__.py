"""Notifications: rules, tests and what was delivered."""
