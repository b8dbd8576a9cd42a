"""The gateway's own processes: `up` and its supervisor, the embedded Valkey, the container's health check."""
