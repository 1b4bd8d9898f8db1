"""The composition root: from settings to working parts. The only package that knows every part.

cold.py       what one command needs: no database, no web framework
services.py   what the running service needs, built upon it
served/       the parts of the service, one file each; commands without a service use some of them
in_force.py   the settings of this moment
blobs.py      where blobs are kept: in the data folder or in a bucket
database.py   where rows are kept: in the data folder or in PostgreSQL
upstreams.py  the clients of registries, Docker Hub and catalogs; the depots over them
stores.py     the stores that the settings choose
engines.py    those of them that are a daemon's
icons.py      what teaches the icons their addresses
repair.py     what verifies the blobs, and fetches the damaged ones again
"""
