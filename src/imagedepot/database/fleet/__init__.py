"""Several nodes over one PostgreSQL: what each tells the others, and what one of them holds at a time.

tables.py     the tables that only nodes of a fleet use
clock.py      the database's clock, by which every lease is measured
changes.py    which rows others have changed
listening.py  hears of changes at once, where the database can tell
claims.py     what one node holds at a time: a blob on its way, an upload, a duty
leases.py     what no clean-up of any node may delete just now
images.py     the names of images, as rows
"""
