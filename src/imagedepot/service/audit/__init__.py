"""Who did what, when, from where: the log, the rows, and queries of them."""
