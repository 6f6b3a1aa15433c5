"""Text and numbers: from a chat export to a persona file, and from a persona file to characters. Knows no Discord."""
