"""Measures of a trained network: from a persona and its corpus to numbers, and from the numbers to lines of text.

`canaries` invents secrets and plants them among messages before training. After it `imitation` measures what replies
are like, `bits` what held-out text costs, and `exposure` what the network gives away of the canaries.

Only the planting is exported here: `imitation` takes a second to import (scikit-learn), so a command that trains
imports `model.measures.imitation` only when it has something to measure.
"""

from model.measures.canaries import Canary, check_planted, describe_planted, make_canaries, plant

__all__ = ["Canary", "check_planted", "describe_planted", "make_canaries", "plant"]
