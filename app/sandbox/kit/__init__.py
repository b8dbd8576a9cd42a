"""What every simulator needs: a server, a journal of calls, and faults on demand."""
