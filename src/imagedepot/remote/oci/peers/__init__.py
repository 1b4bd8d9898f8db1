"""Other Image Depots that are asked for a digest before its registry is: what each sends is checked like all else."""
