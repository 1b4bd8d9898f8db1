"""Other Image Depots, which are asked for a digest before its registry; what they send is checked as always."""
