"""Catalogs: lists of recommended images, in the formats of others and in one of our own, read to one type of entry.

entry.py              what a row comes to; how rows of any format are read
recognise.py          which format some bytes are in
container_station.py  `list.json` and `qpkgcenter_eng.xml`
portainer.py          templates of every version
streams.py            simplestreams image servers
own.py                our own format, which the built-in catalog (`builtin.json`) is written in
documents.py          fetching what a catalog consists of, with validators
cache.py              what was fetched, on disk, for starts without a network
source.py             one catalog: where from, what it has now, why it has nothing newer
catalog_set.py        all of them, side by side, refreshed independently
collection.py         what they have together, ready to be listed and looked up
"""
