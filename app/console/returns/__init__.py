"""The console's page of returns."""
