"""What runs and the database take, and how much room is left."""
