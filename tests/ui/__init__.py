"""A package in pytest's eyes, so that the one browser ends with these tests and not with all."""
