"""What every command uses: the REST API, the terminal, the connection file."""
