"""The rules of cleaning in the order in which they work, each with what `--help` says about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from model.chats.cleaning import (
    cards,
    characters,
    codes,
    emails,
    keys,
    links,
    logins,
    mentions,
    network_addresses,
    other_text,
    passwords,
    phones,
)
from model.chats.cleaning.patterns import REMOVED, Filter
from model.chats.messages import SOMEONE

RULES: Mapping[str, str] = MappingProxyType(
    {
        "unicode": "characters are composed (NFC); control, zero-width and bidirectional characters are removed",
        "code": "code between ``` is removed",
        "links": f"a link is cut to its host; a webhook link becomes {REMOVED}",
        "quotes": "quoted and forwarded text of others is removed",
        "commands": "a command to a bot is removed",
        "mentions": f"a mention of a person becomes {SOMEONE}",
        "emails": f"an e-mail address becomes {REMOVED}",
        "keys": f"a key or a token becomes {REMOVED}",
        "passwords": f"a password becomes {REMOVED}",
        "codes": f"a PIN or another code becomes {REMOVED}",
        "joins": "a note about who joined or left is removed",
        "ibans": f"a bank account number (IBAN) becomes {REMOVED}",
        "cards": f"a payment card number becomes {REMOVED}",
        "phones": f"a telephone number becomes {REMOVED}",
        "addresses": f"an IP or MAC address becomes {REMOVED}",
        "pastes": f"a message is cut after {characters.LONGEST:,} characters",
    }
)


@dataclass(frozen=True)
class Rule:
    """A step of cleaning, by the name under which `RULES` describes it; several steps may share a name."""

    name: str
    clean: Callable[[str], str]


@dataclass(frozen=True)
class Stage:
    """Rules that clean the texts which pass one filter."""

    filter: Filter
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Sweep:
    """Stages that run one after the other over the texts in which any of them may find something."""

    stages: tuple[Stage, ...]

    @property
    def pattern(self) -> str:
        """The RE2 pattern of the texts in which any stage may find something."""
        return "|".join(dict.fromkeys(stage.filter.first for stage in self.stages))


OTHER_TEXT = Sweep(
    (
        Stage(characters.FILTER, (Rule("unicode", characters.normalize),)),
        Stage(other_text.CODE_FILTER, (Rule("code", other_text.remove_code),)),
        Stage(links.FILTER, (Rule("links", links.shorten_links),)),
        Stage(other_text.QUOTE_FILTER, (Rule("quotes", other_text.remove_quotes),)),
        Stage(other_text.COMMAND_FILTER, (Rule("commands", other_text.remove_command),)),
        Stage(mentions.FILTER, (Rule("mentions", mentions.replace_mentions),)),
    )
)
SECRETS = Sweep(
    (
        Stage(
            emails.FILTER,
            (
                Rule("passwords", logins.remove_after_emails),
                Rule("emails", emails.remove_emails),
                Rule("passwords", logins.remove_from_addresses),
            ),
        ),
        Stage(keys.FILTER, (Rule("keys", keys.remove_keys),)),
        Stage(
            passwords.FILTER,
            (Rule("passwords", logins.remove_logins), Rule("passwords", passwords.remove_passwords)),
        ),
        Stage(codes.FILTER, (Rule("codes", codes.remove_codes),)),
        Stage(other_text.JOIN_FILTER, (Rule("joins", other_text.remove_join_note),)),
        Stage(cards.IBAN_FILTER, (Rule("ibans", cards.remove_ibans),)),
        Stage(
            phones.FILTER,
            (Rule("cards", cards.remove_cards), Rule("phones", phones.remove_phones)),
        ),
        Stage(
            network_addresses.FILTER,
            (Rule("addresses", network_addresses.remove_network_addresses),),
        ),
    )
)
PASTES = Rule("pastes", characters.shorten)
