"""A persona in words: whom it imitates, and whose text it holds."""

from model.persona.file import Consent, Persona, Source

LONGEST_NAME = 80  # characters of a name in a description


def describe(persona: Persona) -> str:
    """Describe whom a persona imitates, from which text, by what right and how well, in lines."""
    lines = [
        f"I imitate {persona.source.author[:LONGEST_NAME]}.",
        _describe_source(persona),
        _describe_consent(persona.consent),
        _describe_network(persona),
        *_describe_measures(persona.metrics),
    ]
    return "\n".join(lines)


def _describe_source(persona: Persona) -> str:
    source = persona.source
    files = ", ".join(source.files)[:LONGEST_NAME]
    amount = f"{source.messages:,} messages, {source.characters:,} characters"
    line = f"Learnt from {amount}{_period(source)} ({files})."
    if source.community:
        people = "person" if len(source.community) == 1 else "people"
        line += f" It also learnt from {len(source.community):,} other {people}."
    if persona.has_unrecorded_others:
        line += " It learnt from others too; this old file doesn't say from whom."
    return line


def _period(source: Source) -> str:
    if not source.first:
        return ""
    return f", {source.first} to {source.last}"


def _describe_consent(consent: Consent | None) -> str:
    if consent is None:
        return "No consent is recorded."
    line = f"Consent: {consent.kind}"
    if consent.by:
        line += f" by {consent.by[:LONGEST_NAME]}"
    line += f", {consent.date}"
    if consent.expires:
        line += f" until {consent.expires}"
    return line + "."


def _describe_network(persona: Persona) -> str:
    recipe = persona.recipe
    layers = "1 LSTM layer"
    if recipe.layers > 1:
        layers = f"{recipe.layers} LSTM layers"
    day = persona.created[:10]
    return f"Network: {layers} of {recipe.units} units, {len(persona.vocabulary)} characters; of {day}."


def _describe_measures(metrics: dict[str, float]) -> list[str]:
    """Return a line for each group of measures that a persona has."""
    lines = []
    if "validation_bits" in metrics:
        bits = metrics["validation_bits"]
        line = f"Predicting the person's next letter, it is as unsure as between {2**bits:.1f} letters: {bits:.2f} bits"
        if "ppmd_bits" in metrics:
            line += f" (letter frequencies {metrics['unigram_bits']:.2f}, a compressor {metrics['ppmd_bits']:.2f})"
        lines.append(f"{line}. Lower is better.")
    if "copied_0.5" in metrics:
        line = f"At temperature 0.5, {metrics['copied_0.5']:.1%} of its text repeats the training messages verbatim"
        if "copied_real" in metrics:
            line += f" (the person's own later messages: {metrics['copied_real']:.1%})"
        lines.append(f"{line}.")
    if "told_apart" in metrics:
        spotted = f"{metrics['told_apart']:.0%} of the time"
        lines.append(f"Given one real and one imitated text, a classifier spots the imitation {spotted}.")
    return lines


def holds(persona: Persona, wanted: str) -> str:
    """Describe whether a persona holds text of a person, given by id or by name in any letter case."""
    source = persona.source
    people = {source.author_id: persona.author, **source.aliases, **source.community}
    matches = []
    for author_id, name in people.items():
        if is_one(wanted, author_id, name):
            matches.append(f"{name} ({author_id})")
    if matches:
        return f"it holds text of {', '.join(matches)}"
    if persona.has_unrecorded_others:
        return f"it learnt from others whom this old file doesn't list, so it may hold text of {wanted!r}"
    return f"it holds no text of anybody called {wanted!r}"


def is_one(wanted: str, author_id: str, name: str) -> bool:
    """Return whether `wanted` is a person's id or name, in any letter case."""
    return wanted.casefold() in (author_id.casefold(), name.casefold())
