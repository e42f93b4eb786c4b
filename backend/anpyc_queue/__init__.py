"""The queue that server and worker share, which knows neither of them: tables and migrations, the one life of
jobs, events, the relay to the broker, and the store of artifacts."""
