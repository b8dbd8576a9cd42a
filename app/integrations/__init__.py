"""One folder a system: shops and ERPs. They know neither each other, nor flows, nor storage."""
