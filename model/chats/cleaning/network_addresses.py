"""IP and MAC addresses, but for a computer's own, for public name servers and for what looks like a version."""

import ipaddress
import re

from model.chats.cleaning.patterns import REMOVED, Filter, text_before

IPV4 = re.compile(r"(?<![\w.-])((?:\d{1,3}\.){3}\d{1,3})(?:\.\d{2,5})?(?![\w-]|\.\d)")  # with a port, as tcpdump does
IPV6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?:%\w{1,16})?(?![\w:]|\.\w)",
    re.IGNORECASE,
)
MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-]|\.\w)",
    re.IGNORECASE,
)
COMPUTER_BEFORE = re.compile(
    r"\b(?:ip|ips|ipv4|host|server|ping|ssh|address|addr|gateway|router|connect|dns|at|box|machine|nas|on|pc"
    r"|printer|vpn)\b[^\d\n]{0,20}\Z",
    re.IGNORECASE,
)
VERSION_BEFORE = re.compile(r"(?:version|release|build|\bver|\bv)[ .:]{0,2}\Z", re.IGNORECASE)
NAME_SERVERS = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"}  # public ones
FILTER = Filter(
    coarse=r"\d|(?i:[0-9a-f]{2}:[0-9a-f]{2}:)",
    fine=r"\d\.\d+\.\d+\.\d|:[0-9a-fA-F]*:|[0-9a-fA-F]-[0-9a-fA-F][0-9a-fA-F]-[0-9a-fA-F]"
    r"|[0-9a-fA-F]\.[0-9a-fA-F]+\.[0-9a-fA-F]",
)


def remove_network_addresses(text: str) -> str:
    """Remove MAC addresses and IP addresses."""
    text = MAC.sub(_replace_mac, text)
    text = IPV4.sub(_replace_ipv4, text)
    return IPV6.sub(_replace_ipv6, text)


def _replace_mac(match: re.Match[str]) -> str:
    return REMOVED if re.search(r"[1-9a-f]", match[0], re.IGNORECASE) else match[0]


def _replace_ipv4(match: re.Match[str]) -> str:
    parts = list(map(int, match[1].split(".")))
    before = text_before(match, 40)
    own = parts[0] in (0, 127, 255) or match[0] in NAME_SERVERS
    like_version = max(parts) < 64 and not COMPUTER_BEFORE.search(before)
    if own or like_version or max(parts) > 255 or VERSION_BEFORE.search(before):
        return match[0]
    return REMOVED


def _replace_ipv6(match: re.Match[str]) -> str:
    return REMOVED if _is_ipv6(match[0]) else match[0]


def _is_ipv6(text: str) -> bool:
    """Return whether a text is the address of another computer, not code ("a::before") and not a time of day."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    groups = list(filter(None, text.split(":")))
    if not groups or len(groups[0]) < 3 or address.is_loopback:
        return False
    like_time = len(groups) < 5 and all(map(str.isdecimal, groups))
    return not like_time and bool(re.search(r"\d", text))
