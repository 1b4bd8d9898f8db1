"""The composition root: from settings to working parts. The only package that knows every part.

cold.py       what one command needs: no database, no web framework
services.py   what the running service needs, built upon it
icons.py      what teaches the icons their addresses
upstreams.py  the clients of registries, Docker Hub and catalogs; the depots over them
stores.py     the stores that the settings choose
engines.py    those of them that are a daemon's
"""
