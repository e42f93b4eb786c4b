"""The Celery worker: claims runs, supervises their training, records what they report."""
