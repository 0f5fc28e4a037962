"""The demo shop's catalogue as plain data files, and the loaders that put it into the database."""
