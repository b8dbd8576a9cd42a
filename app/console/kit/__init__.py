"""What every page of the console stands on: who is logged in, how a page answers, and what stays fresh by itself."""
