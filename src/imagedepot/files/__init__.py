"""Files on this host: atomic writes, record files, locks, free space."""
