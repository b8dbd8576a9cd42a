"""What people ask for, over the API and the command line."""
