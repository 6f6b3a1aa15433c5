"""What there is to know about a persona file, in words."""

from model.persona import Persona

LONGEST_NAME = 80  # characters of a name that are shown


def describe(persona: Persona) -> str:
    """Say whom a persona imitates, from what text and by what right, and how well: a line for each."""
    source, consent, recipe, metrics = persona.source, persona.consent, persona.recipe, persona.metrics
    dates = f", {source.first} to {source.last}" if source.first else ""
    files = ", ".join(source.files)[:LONGEST_NAME]
    network = f"{recipe.layers} LSTM layer{'s' if recipe.layers > 1 else ''} of {recipe.units} units"
    lines = [
        f"I imitate {source.author[:LONGEST_NAME]}.",
        f"Learnt from {source.messages:,} messages, {source.characters:,} characters{dates} ({files}).",
        "No consent is recorded.",
        f"Network: {network}, {len(persona.vocabulary)} characters; of {persona.created[:10]}.",
    ]
    if consent:
        by = f" by {consent.by[:LONGEST_NAME]}" if consent.by else ""
        until = f" until {consent.expires}" if consent.expires else ""
        lines[2] = f"Consent: {consent.kind}{by}, {consent.date}{until}."
    if source.community:
        lines[1] += f" Others whose text taught it too: {len(source.community):,}."
    if persona.has_unrecorded_others:
        lines[1] += " It learnt from others too; this old file doesn't say from whom."
    if "validation_bits" in metrics:
        lines.append(f"Held-out text costs it {metrics['validation_bits']:.2f} bits per character")
        if "ppmd_bits" in metrics:
            lines[-1] += f"; letter frequencies {metrics['unigram_bits']:.2f}, a compressor {metrics['ppmd_bits']:.2f}"
        lines[-1] += "."
    if "copied_0.5" in metrics:
        lines.append(f"Of its replies at 0.5, {metrics['copied_0.5']:.1%} is copied word for word")
        if "copied_real" in metrics:
            lines[-1] += f"; of the person's own later words, {metrics['copied_real']:.1%}"
        lines[-1] += "."
    if "told_apart" in metrics:
        lines.append(f"Shown a reply of each, a classifier finds out the imitation in {metrics['told_apart']:.0%}.")
    return "\n".join(lines)


def holds(persona: Persona, wanted: str) -> str:
    """Say whether a persona learnt from the text of somebody, by name in any letter case or by id."""
    people = {persona.source.author_id: persona.author, **persona.source.aliases, **persona.source.community}
    found = [f"{name} ({author_id})" for author_id, name in people.items() if is_one(wanted, author_id, name)]
    if found:
        return f"it holds text of {', '.join(found)}"
    if persona.has_unrecorded_others:
        return f"it learnt from others whom this old file doesn't list, so it may hold text of {wanted!r}"
    return f"it holds no text of anybody called {wanted!r}"


def is_one(wanted: str, author_id: str, name: str) -> bool:
    """Say whether somebody goes by what is wanted."""
    return wanted.casefold() in (author_id.casefold(), name.casefold())
