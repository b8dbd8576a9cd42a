"""Returns over the REST API."""
