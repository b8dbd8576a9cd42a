"""What holds before anybody has shown a key: who tries too often, how much may come in at a time, and what is logged of it."""
