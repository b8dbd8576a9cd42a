"""Stock over the REST API."""
