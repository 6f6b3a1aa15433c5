"""Chat exports to messages that a network may learn from. Knows nothing of networks."""
