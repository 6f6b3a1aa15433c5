"""Discord and the terminal: commands in, imitations out. Sees nothing of the model that trains."""
