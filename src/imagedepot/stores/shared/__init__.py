"""What the stores of engines have in common."""
