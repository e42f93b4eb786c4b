"""What lies below /api: a package per resource. None of them imports another."""
