"""Going through the pictures that were set aside."""
