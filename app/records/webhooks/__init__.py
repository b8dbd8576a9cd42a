"""What is stored of a connection's webhooks in its system."""
