"""The doors for webhooks: of shops, and of the WMS."""
