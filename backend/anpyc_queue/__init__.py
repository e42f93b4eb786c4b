"""The queue that server and worker share and that knows neither: tables and migrations, the life of a job,
events, the relay to the broker, and the store of artifacts."""
