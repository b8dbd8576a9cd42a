"""What the engine says, on pages: a sentence in the reader's language for each stable code, and the engine's own words.

The engine answers and stores English with a code. A page shows an English reader those words. A Norwegian reader gets the
catalogue's sentence for the code, and below it the engine's words, marked as English: they have the values.
"""
