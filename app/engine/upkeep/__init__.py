"""What runs by the clock: sweeper, webhook guard, alerts, retention, gauges."""
