"""What a trained network is worth: a persona and its corpus become numbers, and the numbers lines to read.

`canaries` invents secrets and plants them among messages before training. After it `imitation` measures what replies
are like, `bits` what held-out text costs, and `exposure` what the network gives away of the canaries.

Only the planting is exported here: `imitation` takes a second to import (scikit-learn), so a command that trains
imports `model.measures.imitation` when it comes to measuring.
"""

from model.measures.canaries import Canary, describe_planted, make_canaries, plant

__all__ = ["Canary", "describe_planted", "make_canaries", "plant"]
