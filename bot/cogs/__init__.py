"""The bot's features, one in each file; a command is named as people call it."""
