"""The seam: a persona file, and what turns it into replies. All that the bot loads of the model, and nothing more.

Arrays and a recipe go in, a persona file comes out (`file`); prompts go in, characters come out (`sampler`).

- file, recipe, vocabulary, storage: a persona and its file
- lstm, kernel, sampler, look: the network's steps in NumPy and in C, replies, the probabilities behind them
- about, __main__: a persona in words, and the command on its file

Imports no other room. The names come from the modules: this face imports nothing, so that `python -m model.persona`
can say what to install where NumPy is missing.
"""
