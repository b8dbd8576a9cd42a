"""What only the console asks of the database."""
