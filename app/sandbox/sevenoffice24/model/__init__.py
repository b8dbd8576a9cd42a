"""What the simulated 24SevenOffice keeps and does. It knows nothing of HTTP."""
