"""What a list is asked for, which rows answer it, and in which order."""
