"""How mystore's records, questions and refusals look on the wire (JSON:API)."""
