"""What runs have recorded, read from the database: the floor on which figures and resources stand."""
