"""A corpus in, a trained network out: Keras is imported here and nowhere else.

- options, choices: the command line, and what it chooses
- run, run_log, samples: the settled description of a run, what it prints, and texts of its network
- corpus, batches: one author's text, and the batches that a network reads
- network, device: the Keras graph, and the device that it computes on
- loop: fits the network; `Training.progress` (progress) is all that changes, `Training.plan` (plan) says when it ends
- selection, checkpoint: which epochs to keep, and the file from which a run resumes
- cluster: several runs on Ray

Never imports the bot. Import names from the modules: only network and loop import Keras, which takes seconds.
"""
