"""Moves a depot: blobs, then rows and lists of images, from where they are to a new data folder, bucket and database.

mark.py      what a folder that is being filled says of itself, and what of it has been verified
blobs.py     every blob, copied and read again at the target
move.py      the whole, in the order in which a kill does no harm
"""
