"""How values and records look on the wire: arguments, texts, amounts, times, and views of orders and products."""
