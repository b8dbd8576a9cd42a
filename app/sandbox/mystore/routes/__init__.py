"""What can be called under a shop: an operation for each method and path, with its handler."""
