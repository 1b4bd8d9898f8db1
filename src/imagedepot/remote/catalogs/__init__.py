"""Catalogs: lists of recommended images in several formats, parsed into one type of entry.

entry.py              one entry; how rows of any format are read
recognise.py          detects the format
container_station.py  `list.json` and `qpkgcenter_eng.xml`
portainer.py          templates of every version
streams.py            simplestreams image servers
own.py                our own format, which the built-in catalog (`builtin.json`) is written in
documents.py          fetches the documents of a catalog, with validators
cache.py              keeps them on disk, for starts without a network
source.py             one catalog: its origin, its entries now, its last error
catalog_set.py        all catalogs, refreshed independently
collection.py         their merged rows, ready to be listed and looked up
"""
