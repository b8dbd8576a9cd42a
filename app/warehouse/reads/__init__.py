"""What the WMS says: resources, statuses, stock, shipments, returns, webhooks."""
