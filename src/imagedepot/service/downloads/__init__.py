"""Downloads: the line in which they wait, and the pipeline that brings an image into a store."""
