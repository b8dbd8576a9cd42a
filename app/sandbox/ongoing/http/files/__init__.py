"""The calls on the files of orders."""
