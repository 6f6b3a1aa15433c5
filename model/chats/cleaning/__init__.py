"""Messages to messages without secrets, personal data and other people's words.

`clean` applies the rules to the messages table; `RULES` names each rule and says what it does.
"""

from model.chats.cleaning.stages import RULES
from model.chats.cleaning.table import Cleaned, clean

__all__ = ["RULES", "Cleaned", "clean"]
