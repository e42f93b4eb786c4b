"""Tables, sessions, migrations, and the life of a run as database operations."""
