"""Downloads: the queue, one job, and the pipeline that brings an image into a store."""
