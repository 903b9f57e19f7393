"""A file to stones: decode, find, cut out."""
