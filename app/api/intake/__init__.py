"""Where webhooks come in: those of shops, and those of the WMS."""
