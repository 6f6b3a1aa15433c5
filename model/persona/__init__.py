"""A persona file, and the replies that come from it. The bot loads this room of the model and no other.

Arrays and a recipe become a persona file (`file`); prompts become characters (`sampler`).

- file, recipe, vocabulary, storage: a persona and its file
- find: personas by name, and the people in them
- lstm, kernel, sampler, look: the network's steps in NumPy and in C, replies, the probabilities behind them
- about, forgotten, __main__: a persona in words, people who must not be imitated, and the command on a file

Imports no other room. This module imports nothing, so that `python -m model.persona` can print what to install if
NumPy is missing.
"""
