"""Purchase orders over the REST API."""
