"""Events, jobs, lanes and dead letters over the REST API."""
