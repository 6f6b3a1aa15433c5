"""A corpus in, a trained network out: Keras is imported here and nowhere else.

- options, run: the command's words to a recipe, and what a run is made of
- corpus, batches: one author's text, and the batches that a network reads
- network, device: the Keras graph, and what it computes on
- loop, selection, checkpoint, run_log: fitting it, which epochs are kept, where a run stands, what it prints
- cluster: several runs on Ray

Never imports the bot. The names come from the modules: only those that compute import Keras, which takes seconds.
"""
