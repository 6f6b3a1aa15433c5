"""Links, of which only the host stays."""

import re

from model.chats.cleaning.keys import WEBHOOK
from model.chats.cleaning.patterns import REMOVED, Filter

# Both begin with a character, not with what may not stand before it: Python then finds them three times as fast.
WEB_LINK = re.compile(r"h(?<![\w+.-]h)ttps?://([^\s<>]+)")
LINK = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,14}://|[Ww]ww\.|WWW\.)([^\s<>]+)")
HOST = re.compile(r"(?:[^\s/?#\\]*@)?(?:www\.)*([\w.-]*\w)(?::\d+)?", re.IGNORECASE)
SENTENCE_MARKS = ".,;:!?'\"()[]{}*`|’”»…"  # at the end of a link they belong to the sentence
FILTER = Filter(r"://|[Ww]ww\.|WWW\.")


def shorten_links(text: str) -> str:
    """Cut links to their hosts, and remove those of webhooks."""
    text = WEB_LINK.sub(_replace_link, text)
    while "://" in text or "ww." in text or "WWW." in text:
        shorter = LINK.sub(_replace_link, text)
        if shorter == text:
            break
        text = shorter
    return text


def _replace_link(match: re.Match[str]) -> str:
    if WEBHOOK.match(match[0]):
        return REMOVED
    link = match[1]
    host = HOST.match(link)
    if not host:
        return ""
    end = len(link.rstrip(SENTENCE_MARKS))
    return host[1] + link[max(host.end(), end) :]
