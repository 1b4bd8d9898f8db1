"""What is special about each kind of database, and about its connections."""
