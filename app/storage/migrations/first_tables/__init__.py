"""The tables of revision 0001, in the order in which they are created; each function makes the table it is named for and a few after
it."""
