"""The bottom layer: imports no other package of ours. See README.md."""
