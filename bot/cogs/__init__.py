"""One feature, one file, named as people call it."""
