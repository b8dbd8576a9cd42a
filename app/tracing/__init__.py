"""Where work comes from, and how long its parts take: ids from the webhook to the last call, and OpenTelemetry when it is on."""
