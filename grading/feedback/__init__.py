"""What people read of an outcome: in the terminal, in three levels, with a sketch of a random check's way."""
