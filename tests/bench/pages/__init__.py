"""What a page of the console costs beside a long history."""
