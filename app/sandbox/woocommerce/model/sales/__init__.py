"""Orders and what belongs to one: lines, totals, stock taken, notes, refunds, trackings."""
