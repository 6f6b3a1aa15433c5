"""Discord and the terminal: commands in, imitations out. Sees the model through persona and sampler only."""
