"""The bottom layer: it imports no other package of ours. README.md lists what is in it."""
