"""Files of LXC images: what they hold, and how they become what `lxc-create` or an LXC daemon takes.

Everything here is hostile until checked, and streamed: memory does not grow with the image.

unpacked.py   a compressed file as a stream of bytes that only goes forward, with a limit to what it may grow to
members.py    the members of a tar file, guarded: no escapes, no devices
squashfs.py   the members of a squashfs, by the system's programs (pseudo_file.py: what unsquashfs says)
facts.py      what is known of an image
inspection.py which of the known shapes an image has, and its small files
metadata.py   LXD's `metadata.yaml`, read and written
config.py     LXC's `config` and its companions, reduced to what may not touch the host
root.py       the root file system, wherever it lies
packer.py     members into a compressed tar file, block by block, on all processors
repack.py     the two xz files of `lxc-create -t local`
prepare.py    the files that LXD and Incus take
"""
