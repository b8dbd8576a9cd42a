"""The tables of revision 0001, in order. Each function makes the table that it is named for, and a few after it."""
