"""The real discord.py client against a server at the socket."""

import asyncio
import itertools
import os
import re
import threading
import time
from dataclasses import replace
from pathlib import Path

import discord
import pytest

from bot import context, question_view
from bot.client import Client
from bot.console import Terminal
from bot.imitator import Imitator
from bot.personas import Personas
from bot.settings import Settings
from bot.store import GuildSettings
from bot.text import label, plain
from bot.view import BUTTONS, Press, ReplyState
from model.persona.about import describe
from model.persona.file import save_persona
from model.persona.forgotten import MANAGER, THEMSELVES, Forgotten, list_forgotten
from model.persona.sampler import Batch, Request, Sampler
from tests import PATIENCE
from tests.conftest import make_persona
from tests.discord_server import BOT, CHANNEL_ID, DM_ID, GUILD_ID, MANAGERS, OWNER_ID, TOKEN, DiscordServer, person


@pytest.fixture
async def server(monkeypatch):
    server = DiscordServer()
    await server.start(monkeypatch)
    yield server
    await server.stop()
    assert not server.pinging


@pytest.fixture
async def client(server, personas_folder):
    """A client that has joined; with a cooldown of none, as most tests write fast."""
    async for client in joined(server, Settings(personas=personas_folder, cooldown=0)):
        yield client


async def joined(server, settings):
    if settings.database == Settings().database:
        settings = replace(settings, database=settings.personas.parent / "mimic.sqlite")
    imitator = Imitator(Personas(settings.personas, settings.persona))
    client = Client(settings, imitator)
    running = asyncio.create_task(client.start(TOKEN))
    await asyncio.wait_for(server.ready.wait(), PATIENCE)
    yield client
    await client.close()
    await running
    imitator.close()


def written(sent) -> str:
    """What the reply holds between its seed and its label."""
    return visible(sent.content).removeprefix("well hello").rsplit("\n-# ", 1)[0]


def visible(content: str) -> str:
    """What Discord shows: backslashes before punctuation go, and so do the stars of the bold seed."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", re.sub(r"(?<!\\)\*\*", "", content))


async def test_mimic_answers_with_the_seed_and_400_characters_labelled(server, client, monkeypatch):
    monkeypatch.setattr(context, "SECONDS_BETWEEN_EDITS", PATIENCE)
    monkeypatch.setattr(context, "SECONDS_UNTIL_TYPING", PATIENCE)
    await server.write("!mimic well hello")
    sent = await server.reply()
    text, label = visible(sent.content).rsplit("\n-# ", 1)
    assert sent.channel_id == CHANNEL_ID
    assert text.startswith("well hello") and len(text) == len("well hello") + 400
    assert label == "imitation of Ada by a neural network · temperature 0.5"
    assert not server.typing and not server.edits  # a fast one is sent whole


async def test_a_persona_is_named_as_it_is_shown_but_never_by_a_path(server, client, personas_folder):
    mara = replace(make_persona(author="Mara K"), name="m1")
    save_persona(mara, personas_folder / "m1.safetensors")
    save_persona(mara, personas_folder.parent / "out.safetensors")
    await server.write("!about mara k")
    assert visible((await server.reply()).content).startswith("I imitate Mara K.")
    await server.write('!mimic well hello --persona "Mara K"')
    assert "imitation of Mara K by" in visible((await server.reply()).content)
    for path in ("../out", "../out.safetensors", str(personas_folder / "m1.safetensors")):
        await server.write(f"!about {path}")
        assert "I know nobody called" in (await server.reply()).content


async def test_a_reply_pings_nobody_and_unfolds_nothing(server, client):
    await server.write("!mimic @everyone <@7> <@&100> https://example.org 1")
    payload = (await server.reply()).payload
    assert payload["allowed_mentions"]["parse"] == []
    assert not payload["allowed_mentions"].get("replied_user", False)
    assert payload["flags"] & discord.MessageFlags.suppress_embeds.flag
    assert payload["message_reference"]["fail_if_not_exists"] is False
    assert not re.search(r"(?<!\\)[@<]", payload["content"])


async def test_the_last_number_is_the_temperature(server, client):
    await server.write("!mimic hello 1.2")
    first = await server.reply()
    assert visible(first.content).startswith("hello") and first.content.endswith(r"temperature 1.2")


@pytest.mark.parametrize("words", ["hello 2.1", "hello -1", "i am 42"])
async def test_a_number_out_of_range_gets_one_sentence(server, client, words):
    await server.write(f"!mimic {words}")
    sentence = visible((await server.reply()).content)
    assert "from 0 (cold, sure) to 2 (hot, wild)" in sentence and words.split()[-1] in sentence


async def test_mimic_alone_says_what_it_wants(server, client):
    await server.write("!mimic")
    assert "!mimic i think that 0.8" in visible((await server.reply()).content)


@pytest.mark.parametrize(
    "seed",
    [
        "你好 😀 مرحبا",
        "```py\nprint('x')\n```",
        'an "unbalanced quote',
        "line\n\nline",
        "*" * 1990,
        "\u202eevil\u0007",
        "é" * 1990,
    ],
)
async def test_any_seed_is_answered_within_discords_limit(server, client, seed):
    await server.write(f"!mimic {seed}")
    content = (await server.reply()).content
    assert len(content) <= 2000 and "imitation of Ada" in visible(content)
    assert "\u202e" not in content and "\u0007" not in content


@pytest.mark.parametrize("call", ["<@1> mimic hello", "<@!1> mimic hello", "!MIMIC hello", "! mimic hello"])
async def test_a_mention_and_any_letter_case_call_it_too(server, client, call):
    await server.write(call)
    assert visible((await server.reply()).content).startswith("hello")


async def test_direct_messages_are_answered(server, client):
    await server.write("!mimic hello", channel_id=DM_ID)
    assert (await server.reply()).channel_id == DM_ID


async def test_help_fits_a_phone(server, client):
    await server.write("!help")
    content = visible((await server.reply()).content)
    assert "!mimic <your words> [temperature]" in content and len(content) < 600


async def test_near_misses_are_helped_and_other_bots_commands_are_not(server, client):
    await server.write("!play a song")
    await server.write("!mimik hello")
    assert visible((await server.reply()).content) == "Did you mean !mimic?"
    await server.write("<@1> hello there")
    assert visible((await server.reply()).content) == "Try !help."
    assert server.sent.empty()


async def test_other_bots_are_ignored(server, client):
    await server.write("!mimic i am a bot", author=person(8, "Robot", bot=True))
    await server.write("!mimic i am a person")
    assert visible((await server.reply()).content).startswith("i am a person")
    assert server.sent.empty()


async def test_a_rate_limit_is_waited_out(server, client):
    server.rate_limits = 1
    await server.write("!mimic hello")
    assert visible((await server.reply()).content).startswith("hello")
    assert server.rate_limits == 0


@pytest.mark.parametrize("status", [500, 503])
async def test_a_failure_of_discord_is_waited_out(server, client, monkeypatch, status):
    monkeypatch.setattr(context, "WAITS_FOR_DISCORD", (0.01, 0.01))
    server.errors = [(status, 0)]
    await server.write("!mimic hello")
    assert visible((await server.reply()).content).startswith("hello")
    assert not server.errors and server.sent.empty()


@pytest.mark.parametrize("error", [(403, 50013), (404, 10003)])
async def test_a_channel_gone_or_forbidden_ends_in_one_log_line(server, client, caplog, error):
    server.errors = [error]
    await server.write("!mimic hello")
    await server.write("!mimic again")
    assert visible((await server.reply()).content).startswith("again")
    lines = [record for record in caplog.records if record.name == "bot.client"]
    assert len(lines) == 1 and lines[0].exc_info is None


async def test_a_cooldown_is_friendly_said_once_and_a_persons_own(server, personas_folder):
    async for _ in joined(server, Settings(personas=personas_folder, cooldown=3600)):
        await server.write("!mimic hello")
        assert visible((await server.reply()).content).startswith("hello")
        for _ in range(5):
            await server.write("!mimic hello")
        sentence = visible((await server.reply()).content)
        assert re.fullmatch(r"Give me a moment: you can ask again in 3[56]\d\d s\.", sentence)
        await server.write("!mimic hello", author=person(9, "Bob"))
        assert visible((await server.reply()).content).startswith("hello")
        assert server.sent.empty()


async def test_where_the_history_is_hidden_the_bot_writes_without_replying(server, client):
    server.errors = [(400, 160002)]
    await server.write("!mimic hello")
    sent = await server.reply()
    assert visible(sent.content).startswith("hello") and "message_reference" not in sent.payload


async def test_nothing_that_people_type_is_kept(server, client):
    await server.write("!mimic my secret")
    await server.reply()
    assert not client.cached_messages


async def test_a_dropped_connection_is_resumed_and_nothing_is_lost(server, client):
    await server.drop()
    async with asyncio.timeout(PATIENCE):
        while not server.resumed:
            await asyncio.sleep(0.01)
    assert server.resumed[0]["session_id"] == "a-session" and len(server.identified) == 1
    await server.write("!mimic back again")
    assert visible((await server.reply()).content).startswith("back again")


async def test_heartbeats_go_on_while_a_reply_is_sampled(monkeypatch, personas_folder):
    server = DiscordServer(heartbeat_interval=30)
    await server.start(monkeypatch)
    beaten = threading.Event()
    advance = Batch.advance
    # The sampler holds its thread until two more heartbeats have come: on the event loop it would wait forever.
    monkeypatch.setattr(Batch, "advance", lambda *batch: beaten.wait(PATIENCE) and advance(*batch))
    async for client in joined(server, Settings(personas=personas_folder)):
        await server.write("!mimic hello")
        async with asyncio.timeout(PATIENCE):
            while not client.imitator._running:
                await asyncio.sleep(0.005)
            wanted = len(server.heartbeats) + 2
            while len(server.heartbeats) < wanted:
                await asyncio.sleep(0.005)
        beaten.set()
        assert visible((await server.reply()).content).startswith("hello")
    await server.stop()


# 25 turns of 16 characters, which take 0.01 s each and more on a busy computer.
@pytest.mark.parametrize(("seconds", "fewest"), [(0, 25), (0.05, 2)])
async def test_a_long_reply_appears_as_it_is_written(server, client, monkeypatch, seconds, fewest):
    monkeypatch.setattr(context, "SECONDS_BETWEEN_EDITS", seconds)
    monkeypatch.setattr(context, "SECONDS_UNTIL_TYPING", 0)
    advance = Batch.advance
    monkeypatch.setattr(Batch, "advance", lambda *batch: time.sleep(0.01) or advance(*batch))
    await server.write("!mimic well hello")
    shown = [await server.reply()]
    async with asyncio.timeout(PATIENCE):
        while "well hello" not in visible(shown[-1].content) or len(written(shown[-1])) < 400:
            await asyncio.sleep(0.01)
            shown = [*shown[:1], *server.edits]
    assert len(shown) >= fewest and server.sent.empty() and server.typing == [CHANNEL_ID]
    texts = [written(each) for each in shown]
    assert all(later.startswith(text) and later != text for text, later in itertools.pairwise(texts))
    assert all("imitation of Ada" in each.content for each in shown)
    assert all(later.at - each.at >= seconds for each, later in itertools.pairwise(shown))


async def test_a_deleted_command_is_not_answered_and_frees_its_place(server, client, monkeypatch):
    release = threading.Event()
    advance = Batch.advance
    monkeypatch.setattr(Batch, "advance", lambda *batch: release.wait(PATIENCE) and advance(*batch))
    command = await server.write("!mimic hello")
    async with asyncio.timeout(PATIENCE):
        while not client.imitator._running:
            await asyncio.sleep(0.005)
        await server.delete(command)
        while client.imitator._coming:
            await asyncio.sleep(0.005)
        release.set()
        while client.imitator._running:
            await asyncio.sleep(0.005)
    await server.write("!help")
    assert "I imitate how Ada chats" in visible((await server.reply()).content) and server.sent.empty()


async def test_only_the_intents_that_commands_need_are_asked_for(server, client):
    wanted = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
    assert server.identified[0]["intents"] == wanted.value


async def test_a_defect_is_logged_with_its_traceback(server, client, monkeypatch, caplog):
    monkeypatch.setattr(Batch, "advance", lambda *batch: 1 / 0)
    await server.write("!mimic hello")
    assert "on my side" in visible((await server.reply()).content)
    assert "ZeroDivisionError" in caplog.text


REQUEST = Request("well hello", 0.8, 400, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda server: server.write("!mimic well hello 0.8 --random-seed 5"),
        lambda server: server.write("<@1> mimic well hello 0.8 --random-seed 5"),
        lambda server: server.slash("mimic", seed="well hello", temperature=0.8, random_seed=5),
    ],
    ids=["prefix", "mention", "slash"],
)
async def test_each_way_to_call_it_gives_the_same_reply_for_a_random_seed(server, client, persona, call):
    await call(server)
    text = visible((await server.reply()).content).rsplit("\n-# ", 1)[0]
    assert text == "well hello" + plain(Sampler(persona).sample(REQUEST))


@pytest.mark.parametrize("command", ["mimic", "temps", "heat", "personas", "about", "help"])
async def test_the_terminal_and_every_way_in_discord_give_the_same(server, client, capsys, command):
    seeded = command in ("mimic", "temps", "heat")
    words, options = ("well hello --random-seed 5", {"seed": "well hello", "random_seed": 5}) if seeded else ("", {})
    said = []
    for call in (
        server.write(f"!{command} {words}"),
        server.write(f"<@1> {command} {words}"),
        server.slash(command, **options),
    ):
        await call
        sent = await server.reply()
        texts = [visible(embed["description"]) for embed in sent.payload.get("embeds") or []]
        content = visible(sent.content).replace("/", "!").split("\n-# ")[0]
        said.append(sent.files.get("heat.png") or texts or content)
    assert said[0] == said[1] == said[2]
    await Terminal(client.settings, client.imitator, client.store, None).answer(f"!{command} {words}\n")
    printed = capsys.readouterr().out
    if command == "heat":
        assert await asyncio.to_thread(Path(printed.splitlines()[0]).read_bytes) == said[0]
    elif command == "temps":
        assert re.sub(r"\(imitation of .*\)\n", "", printed) == "".join(f"{text}\n" for text in said[0])
    else:
        assert printed.split("\n(imitation of")[0].strip() == said[0].strip()


async def test_a_slash_command_is_acknowledged_at_once_whatever_the_queue(server, client, monkeypatch):
    release = threading.Event()
    advance = Batch.advance
    monkeypatch.setattr(Batch, "advance", lambda *batch: release.wait(PATIENCE) and advance(*batch))
    interaction = await server.slash("mimic", seed="hello")
    answered = await server.acknowledgement(interaction)
    assert answered.payload["type"] == discord.InteractionResponseType.deferred_channel_message.value
    release.set()
    payload = (await server.reply()).payload
    assert visible(payload["content"]).startswith("hello") and payload["allowed_mentions"]["parse"] == []


async def test_a_long_reply_is_an_embed(server, client):
    await server.slash("mimic", seed="hello", length=1500)
    (embed,) = (await server.reply()).payload["embeds"]
    assert "imitation of Ada" in embed["description"] and len(visible(embed["description"])) > 1500


async def test_temps_shows_four_temperatures_of_the_same_random_numbers(server, client, persona):
    requests = [replace(REQUEST, temperature=temperature) for temperature in (0.2, 0.5, 1.0, 1.2)]
    for call in (
        server.write("!temps well hello --random-seed 5"),
        server.slash("temps", seed="well hello", random_seed=5),
    ):
        await call
        payload = (await server.reply()).payload
        texts = [visible(embed["description"]) for embed in payload["embeds"]]
        assert texts == ["well hello" + plain(reply) for reply in Sampler(persona).replies(requests)]
        footers = [embed["footer"]["text"] for embed in payload["embeds"]]
        assert footers == [
            f"imitation of Ada by a neural network · temperature {t}" for t in ("0.2", "0.5", "1", "1.2")
        ]
        reds = [embed["color"] >> 16 for embed in payload["embeds"]]
        assert reds == sorted(set(reds)) and "only the temperature differs" in payload["content"]


async def test_temps_fits_discords_limits_whatever_is_said(server, client):
    await server.write("!temps " + "*" * 1900)
    embeds = (await server.reply()).payload["embeds"]
    assert sum(len(embed["description"]) + len(embed["footer"]["text"]) for embed in embeds) <= 6000


async def test_personas_are_offered_while_one_types_and_an_unknown_one_is_said(server, client, personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    typed = {"name": "persona", "type": 3, "value": "B", "focused": True}
    interaction = await server.interact(4, "mimic", typed)
    answered = await server.acknowledgement(interaction)
    assert answered.payload["data"]["choices"] == [{"name": "bob", "value": "bob"}]
    await server.slash("mimic", seed="hello", persona="bob")
    assert "imitation of Bob" in (await server.reply()).content
    await server.write("!mimic hello --persona @everyone")
    assert visible((await server.reply()).content) == "I know nobody called @everyone; I can imitate ada, bob."


async def test_only_the_owner_tells_discord_the_slash_commands(server, client):
    await server.write("!sync")
    await server.write("!sync", author=person(OWNER_ID, "The owner"))
    names = "about, forget, guess, heat, help, mimic, persona, personas, scores, settings, stats, temps"
    assert (
        f"{names}, Finish this sentence, Report this reply" in visible((await server.reply()).content)
        and server.sent.empty()
    )
    options = {
        option["name"] for command in server.commands if command["name"] == "mimic" for option in command["options"]
    }
    assert options == {"seed", "temperature", "persona", "length", "random_seed", "top_p"}


async def test_slash_commands_can_be_told_for_one_server_and_then_for_all_without_doubles(server, client):
    owner = person(OWNER_ID, "The owner")
    await told(server, server.write("!sync here", author=owner))
    assert not server.commands and "mimic" in [command["name"] for command in server.guild_commands]
    await told(server, server.write("!sync", author=owner))
    assert server.commands and not server.guild_commands


@pytest.mark.parametrize("call", [lambda s: s.write("!heat well hello"), lambda s: s.slash("heat", seed="well hello")])
async def test_heat_sends_a_labelled_picture(server, client, call):
    await call(server)
    sent = await server.reply()
    assert sent.files["heat.png"].startswith(b"\x89PNG")
    assert visible(sent.content) == "-# imitation of Ada by a neural network · temperature 1"


async def test_who_can_be_imitated_is_listed_and_told(server, client, persona):
    await server.write("!personas")
    assert "ada (the default)" in visible((await server.reply()).content)
    await server.slash("about", persona="ada")
    assert visible((await server.reply()).content) == describe(persona)
    await server.write("!about eve")
    assert visible((await server.reply()).content) == "I know nobody called eve; I can imitate ada."


def buttons(sent) -> dict[str, dict]:
    """The buttons and the picker under a message, by label."""
    return {each.get("label", "pick"): each for row in sent.payload["components"] for each in row["components"]}


async def test_colder_and_hotter_change_the_temperature_and_again_the_random_numbers(server, client, persona):
    await server.write("!mimic well *hello* 0.8 --random-seed 5 --length 60")
    sent = await server.reply()
    request = Request("well *hello*", 0.8, 60, 5)
    for move, temperature in (("hotter", 1.0), ("hotter", 1.2), ("colder", 1.0)):
        sent = await server.press(sent, buttons(sent)[move]["custom_id"])
        reply = Sampler(persona).sample(replace(request, temperature=temperature))
        expected = f"well *hello*{plain(reply)}\n-# {label('Ada', temperature)}"
        assert visible(sent.content) == expected
    again = await server.press(sent, buttons(sent)["again"]["custom_id"])
    assert again.content != sent.content and again.content.endswith("temperature 1")


async def test_top_p_is_an_option_everywhere_and_the_buttons_keep_it(server, client, persona, capsys):
    request = Request("well hello", 0.8, 60, 5, top_p=0.5)
    expected = plain(Sampler(persona).sample(request))
    assert expected != plain(Sampler(persona).sample(replace(request, top_p=1.0)))
    typed = "mimic well hello 0.8 --random-seed 5 --length 60 --top-p 0.5"
    await server.write(f"!{typed}")
    sent = await server.reply()
    await server.slash("mimic", seed="well hello", temperature=0.8, random_seed=5, length=60, top_p=0.5)
    assert written(sent) == written(await server.reply()) == expected
    hotter = await server.press(sent, buttons(sent)["hotter"]["custom_id"])
    assert written(hotter) == plain(Sampler(persona).sample(replace(request, temperature=1.0)))
    await Terminal(client.settings, client.imitator, client.store, None).answer(f"!{typed}")
    assert f"well hello{expected}\n" in capsys.readouterr().out
    await server.write("!mimic hello --top-p 1.5")
    assert visible((await server.reply()).content) == "--top-p must be between 0.01 and 1, not 1.5."


async def test_buttons_work_after_a_restart_and_stop_where_the_temperature_does(server, personas_folder):
    for start, move, end in ((1.9, "hotter", 2.0), (0.1, "colder", 0.0)):
        async for _ in joined(server, Settings(personas=personas_folder, cooldown=0)):
            await server.write(f"!mimic hello {start}")
            sent = await server.reply()
        server.ready.clear()
        async for _ in joined(server, Settings(personas=personas_folder, cooldown=0)):
            assert not buttons(sent)[move]["disabled"]
            sent = await server.press(sent, buttons(sent)[move]["custom_id"])
            assert sent.content.endswith(f"temperature {end:g}") and buttons(sent)[move]["disabled"]
        server.ready.clear()


async def test_another_persona_can_be_picked_for_a_reply_in_an_embed_too(server, client, personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    await server.slash("mimic", seed="hello", length=1500)
    sent = await server.reply()
    assert [option["value"] for option in buttons(sent)["pick"]["options"]] == ["ada", "bob"]
    sent = await server.press(sent, buttons(sent)["pick"]["custom_id"], "bob")
    (embed,) = sent.payload["embeds"]
    assert "imitation of Bob" in embed["description"] and visible(embed["description"]).startswith("hello")
    hotter = await server.press(sent, buttons(sent)["hotter"]["custom_id"])
    assert "temperature 0.7" in hotter.payload["embeds"][0]["description"]


async def test_a_button_whose_persona_is_gone_says_so(server, client, personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    await server.write("!mimic hello --persona bob")
    sent = await server.reply()
    (personas_folder / "bob.safetensors").unlink()
    pressing = asyncio.create_task(server.press(sent, buttons(sent)["again"]["custom_id"]))
    assert "I know nobody called bob" in (await server.reply()).content
    pressing.cancel()
    assert not server.edits


@pytest.mark.parametrize(("words", "seed"), [("i think that", "i think that"), ("x" * 900, "x" * 500)])
async def test_any_message_can_be_finished_from_its_menu(server, client, words, seed):
    edits = len(server.edits)
    await server.choose("Finish this sentence", words)
    await server.edit(edits)
    content = visible(server.edits[-1].content)
    assert content.startswith(seed) and "imitation of Ada" in content and buttons(server.edits[-1])


async def test_a_message_without_words_is_not_finished(server, client):
    interaction = await server.choose("Finish this sentence", "")
    answered = await server.acknowledgement(interaction)
    assert answered.payload["data"]["content"] == "There are no words in that message."


async def told(server, call) -> str:
    """What the bot says, visibly, to a call."""
    await call
    return visible((await server.reply()).content)


async def test_a_servers_settings_hold_there_and_survive_a_restart(server, personas_folder, tmp_path):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    settings = Settings(personas=personas_folder, persona="ada", cooldown=0, database=tmp_path / "mimic.sqlite")
    async for _ in joined(server, settings):
        shown = await told(server, server.slash("settings", persona="bob", temperature=1.5, language="de"))
        assert shown.splitlines()[:2] == ["persona: bob", "temperature: 1.5"] and "channels: all" in shown
    server.ready.clear()
    async for _ in joined(server, settings):
        assert (await told(server, server.write("!mimic hello"))).endswith(label("Bob", 1.5, "de"))
        assert (await told(server, server.write("!mimic hello", channel_id=DM_ID))).endswith(label("Ada", 0.5))


async def test_a_channel_can_have_a_persona_of_its_own_that_survives_a_restart(server, personas_folder, tmp_path):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    settings = Settings(personas=personas_folder, persona="ada", cooldown=0, database=tmp_path / "mimic.sqlite")
    async for _ in joined(server, settings):
        assert "I imitate bob in this channel" in await told(server, server.slash("persona", persona="bob"))
        assert "know nobody called eve; I can imitate ada, bob" in await told(
            server, server.slash("persona", persona="eve")
        )
        server.roles = []
        assert "Only people who manage the server" in await told(server, server.write("!persona ada"))
        server.roles = [MANAGERS]
    server.ready.clear()
    async for _ in joined(server, settings):
        assert (await told(server, server.write("!mimic hello"))).endswith(label("Bob", 0.5))
        edits = len(server.edits)
        await server.choose("Finish this sentence", "hello")
        await server.edit(edits)
        assert visible(server.edits[-1].content).endswith(label("Bob", 0.5))
        assert (await told(server, server.write("!mimic hello", channel_id=DM_ID))).endswith(label("Ada", 0.5))
        assert "I imitate ada in this channel" in await told(server, server.slash("persona", persona="server"))
        assert (await told(server, server.write("!mimic hello"))).endswith(label("Ada", 0.5))


async def test_only_those_who_manage_the_server_change_its_settings(server, client):
    server.roles = []
    assert "Only people who manage the server" in await told(server, server.slash("settings", temperature=1.5))
    assert await told(server, server.write("!settings", channel_id=DM_ID)) == "That command works only in a server."
    assert client.rules(int(GUILD_ID)).temperature == 0.5


async def test_where_a_server_does_not_want_it_the_bot_is_silent(server, client):
    assert "channels: not <#200>" in await told(server, server.slash("settings", channels=f"not <#{CHANNEL_ID}>"))
    await server.write("!mimic hello")
    assert await told(server, server.slash("mimic", seed="hello")) == "I'm not allowed to answer in this channel."
    interaction = await server.choose("Finish this sentence", "hello")
    answered = await server.acknowledgement(interaction)
    assert "not allowed to answer" in answered.payload["data"]["content"]
    assert "channels: all" in await told(server, server.slash("settings", channels="all"))
    assert (await told(server, server.write("!mimic there"))).startswith("there") and server.sent.empty()
    assert "Name the channels" in await told(server, server.slash("settings", channels="here"))


async def test_nobody_is_imitated_without_consent(server, client, personas_folder, caplog):
    save_persona(replace(make_persona(author="Bob"), consent=None), personas_folder / "bob.safetensors")
    assert "only people whose consent is recorded" in await told(server, server.write("!mimic hi --persona bob"))
    assert "python -m model.persona consent" in caplog.text


async def answered(server, call, button, **by):
    """What is shown after somebody presses a button under the question that the call gets."""
    await call
    sent = await server.reply()
    return sent, visible((await server.press(sent, buttons(sent)[button]["custom_id"], **by)).content)


async def test_a_server_can_forget_a_persona_and_its_owner_and_the_person_can_for_all(server, client, personas_folder):
    for author in ("Bob", "Eve"):
        persona = make_persona(author=author)
        consent = replace(persona.consent, contact="her account: <@7>, ada@example.org")
        persona = replace(persona, consent=consent if author == "Eve" else persona.consent)
        save_persona(persona, personas_folder / f"{author.lower()}.safetensors")
    question, outcome = await answered(server, server.slash("forget", persona="bob"), "stop imitating Bob")
    assert "Nothing is deleted" in visible(question.content) and "can undo that" in visible(question.content)
    assert outcome == "I don't imitate Bob in this server any more."
    assert "I don't imitate Bob here any more. I can imitate ada, eve." in await told(
        server, server.write("!mimic hi --persona bob")
    )
    assert "imitation of Bob" in await told(server, server.write("!mimic hi --persona bob", channel_id=DM_ID))
    server.roles = []
    assert "Only that person" in await told(server, server.slash("forget", persona="ada"))
    question, outcome = await answered(server, server.slash("forget", persona="eve"), "forget Eve")
    assert "for good" in visible(question.content) and "unless you agree" in visible(question.content)
    assert "Eve is forgotten" in outcome and "personas/eve.safetensors" in outcome
    assert not (personas_folder / "eve.safetensors").exists()
    assert {person.by for _, person in client.store.forgotten} == {MANAGER, THEMSELVES}
    save_persona(persona, personas_folder / "eve2.safetensors")
    assert "I don't imitate Eve here" in await told(server, server.write("!mimic hi --persona eve2", channel_id=DM_ID))
    assert "Name the person" in await told(server, server.write("!forget"))


async def test_only_the_asker_can_agree_to_a_forgetting_and_only_for_a_minute(
    server, client, personas_folder, monkeypatch
):
    await server.write("!forget ada", author=person(OWNER_ID, "The owner"))
    question = await server.reply()
    assert "bring the files back" in visible(question.content)
    other = await server.press(question, buttons(question)["forget Ada"]["custom_id"], author=person(9, "Eve"))
    assert "Only the person who asked" in other.content and (personas_folder / "ada.safetensors").exists()
    owner = person(OWNER_ID, "The owner")
    left = await server.press(question, buttons(question)["leave it as it is"]["custom_id"], author=owner)
    assert visible(left.content) == "Nothing was changed." and (personas_folder / "ada.safetensors").exists()
    assert not client.store.forgotten
    monkeypatch.setattr(question_view, "SECONDS_TO_ANSWER", 0.05)
    edits = len(server.edits)
    await server.write("!forget ada", author=owner)
    assert "Nobody answered: nothing was changed." in visible((await server.edit(edits)).content)
    assert server.edits[-1].payload["components"] == [] and not client.store.forgotten


async def test_a_forgetting_by_another_process_holds_at_once(server, client, personas_folder, caplog):
    """The terminal chat beside the bot, or a second bot with the same personas."""
    assert "imitation of Ada" in await told(server, server.write("!mimic hi"))
    list_forgotten(Forgotten("Ada", ["a1"]), personas_folder)
    assert "imitation of Ada" not in await told(server, server.write("!mimic hi"))
    (personas_folder / "forgotten.json").write_text("damaged")
    assert "I don't imitate Ada here any more" in await told(server, server.write("!mimic hi --persona ada"))
    assert caplog.text.count("forgotten.json can't be read") == 1


async def test_a_forgetting_that_cannot_be_stored_says_so(server, client, personas_folder):
    await client.store._database.execute("PRAGMA query_only = ON")
    owner = person(OWNER_ID, "The owner")
    _, outcome = await answered(server, server.write("!forget ada", author=owner), "forget Ada", author=owner)
    assert "could not store that, so it lasts only until I stop" in outcome


async def test_a_persona_in_use_whose_file_is_damaged_can_still_be_forgotten(server, client, personas_folder):
    assert "imitation of Ada" in await told(server, server.write("!mimic hi"))
    (personas_folder / "ada.safetensors").write_bytes(b"half")
    assert "imitation of Ada" in await told(server, server.write("!mimic hi"))  # the one before stays in use
    await answered(server, server.slash("forget", persona="ada"), "stop imitating Ada")
    assert "imitation of Ada" not in await told(server, server.write("!mimic hi"))
    owner = person(OWNER_ID, "The owner")
    await answered(server, server.write("!forget ada", author=owner), "forget Ada", author=owner)
    assert not (personas_folder / "ada.safetensors").exists()


async def test_a_reply_can_be_reported_to_whoever_runs_the_bot(server, client):
    await server.choose("Report this reply", "something **nasty**", author=BOT)
    report = await server.reply()
    assert report.channel_id == DM_ID and "Ada reports https://discord.com/channels/100/200/" in report.content
    assert report.payload["embeds"][0]["description"] == "something **nasty**"
    assert (await server.reply()).content == "Sent to the person who runs me. Thank you."
    interaction = await server.choose("Report this reply", "hello")
    answered = await server.acknowledgement(interaction)
    assert "isn't one of my replies" in answered.payload["data"]["content"]
    server.errors = [(403, 50007)]  # the owner takes no direct messages
    await server.choose("Report this reply", "something", author=BOT)
    assert "can't reach the person who runs me" in (await server.reply()).content


async def test_a_reply_can_be_reported_by_replying_to_it(server, client):
    await server.write("!report", replying_to=(BOT, "something nasty"))
    report = await server.reply()
    assert report.channel_id == DM_ID and report.payload["embeds"][0]["description"] == "something nasty"
    assert visible((await server.reply()).content) == "Sent to the person who runs me. Thank you."
    for replying_to in (None, (person(8, "Bob"), "hello")):
        await server.write("!report", replying_to=replying_to)
        assert visible((await server.reply()).content) == "Reply to one of my messages with !report."


async def test_stats_are_numbers(server, client):
    assert "Nobody has asked for a reply yet." in await told(server, server.slash("stats"))
    await told(server, server.write("!mimic hello --length 50"))
    said = await told(server, server.write("!stats"))
    assert re.search(r"^1 reply, 50 characters\.\nA reply took \d+\.\d\d s on average\.$", said, re.MULTILINE)


async def test_a_damaged_persona_is_one_sentence_and_its_reason_in_the_log(server, client, personas_folder, caplog):
    (personas_folder / "bob.safetensors").write_bytes(b"half")
    assert "can find the reason in the log" in await told(server, server.write("!mimic hi --persona bob"))
    assert "bob.safetensors: damaged" in caplog.text


async def test_buttons_and_menus_keep_the_cooldown_and_the_channel_rule(server, personas_folder):
    async for _ in joined(server, Settings(personas=personas_folder, cooldown=3600)):
        await server.write("!mimic hello", author=person(8, "Bob"))
        sent = await server.reply()
        await server.press(sent, buttons(sent)["again"]["custom_id"])  # Ada's first
        answer = await server.press(sent, buttons(sent)["again"]["custom_id"])
        assert "Give me a moment" in answer.content
        interaction = await server.choose("Finish this sentence", "hello")
        answered = await server.acknowledgement(interaction)
        assert "Give me a moment" in answered.payload["data"]["content"]
        shown = await told(server, server.slash("settings", channels=f"not <#{CHANNEL_ID}>", cooldown=0))
        assert "channels: not <#200>" in shown and "cooldown: 0 s" in shown  # never too soon for settings
        answer = await server.press(sent, buttons(sent)["again"]["custom_id"])
        assert "not allowed to answer in this channel" in answer.content
        await server.write("!mimik hello")
        assert "channels: all" in await told(server, server.slash("settings", channels="all")) and server.sent.empty()


def test_a_thread_is_where_its_channel_is():
    assert not GuildSettings(channels="- 200").answers_in(201, 200)
    assert GuildSettings(channels="200").answers_in(201, 200) and not GuildSettings(channels="202").answers_in(201, 200)


async def test_nonsense_in_settings_is_refused(server, client):
    assert "Name the channels" in await told(server, server.slash("settings", channels=f"<#{'1' * 5000}>"))
    many = " ".join(f"<#{number}>" for number in range(10**17, 10**17 + 60))
    assert "60 channels" in await told(server, server.slash("settings", channels=many))
    fifty = " ".join(f"<#{number}>" for number in range(10**17, 10**17 + 50))
    assert "channels: <#100000000000000000>" in await told(server, server.slash("settings", channels=fifty))


async def test_forgetting_the_default_leaves_help_and_the_others(server, client, personas_folder):
    save_persona(make_persona(author="Bob"), personas_folder / "bob.safetensors")
    os.utime(personas_folder / "bob.safetensors", (1, 1))
    await answered(server, server.slash("forget", persona="ada"), "stop imitating Ada")
    assert "Bob" in await told(server, server.write("!help"))
    assert "imitation of Bob" in await told(server, server.write("!mimic hello"))
    assert "I can imitate bob." in await told(server, server.write("!mimic hello --persona ada"))
    owner = person(OWNER_ID, "The owner")
    await answered(server, server.write("!forget ada", author=owner), "forget Ada", author=owner)
    assert client.store.is_forgotten({"a1"}, None)
    (personas_folder / "eve.safetensors").write_bytes(b"half")
    assert "I don't imitate it anyway" in await told(server, server.write("!forget eve"))
    question, outcome = await answered(server, server.write("!forget eve", author=owner), "delete eve", author=owner)
    assert "nobody is forgotten" in visible(question.content) and "Deleted: personas/eve.safetensors" in outcome


async def test_who_is_forgotten_in_a_server_is_not_offered_there(server, client, personas_folder):
    """Not listed, suggested, completed, picked or the default; elsewhere all is as before."""
    for author in ("Bob", "Eve"):
        save_persona(make_persona(author=author), personas_folder / f"{author.lower()}.safetensors")
    owner = person(OWNER_ID, "The owner")
    await told(server, server.write("!persona eve"))
    await client.store.forget(Forgotten("Eve", ["e1"]), int(GUILD_ID))
    assert "eve" not in await told(server, server.write("!personas"))
    assert "eve" not in await told(server, server.write("!mimic hello --persona zoe"))
    typed = {"name": "persona", "type": 3, "value": "", "focused": True}
    answered = await server.acknowledgement(await server.interact(4, "mimic", typed))
    assert [choice["value"] for choice in answered.payload["data"]["choices"]] == ["ada", "bob"]
    await server.write("!mimic hello")
    sent = await server.reply()
    assert "imitation of Eve" not in sent.content
    assert [option["value"] for option in buttons(sent)["pick"]["options"]] == ["ada", "bob"]
    assert "eve" in await told(server, server.write("!personas", channel_id=DM_ID, author=owner))


async def test_a_default_that_can_no_longer_be_imitated_is_not_the_default(server, client, personas_folder):
    bob = make_persona(author="Bob")
    save_persona(bob, personas_folder / "bob.safetensors")
    assert "imitation of Bob" in await told(server, server.write("!mimic hello"))
    save_persona(replace(bob, consent=None), personas_folder / "bob.safetensors")
    assert "imitation of Ada" in await told(server, server.write("!mimic hello"))
    (personas_folder / "eve.safetensors").write_bytes(b"half")  # the newest
    assert "imitation of Ada" in await told(server, server.write("!mimic hello"))


async def test_temps_of_any_length_asked_for_fits(server, client):
    await server.write("!temps hello --length 1500")
    embeds = (await server.reply()).payload["embeds"]
    assert len(embeds) == 4 and "hello" in embeds[0]["description"]


async def test_a_failure_of_discord_does_not_empty_the_picture(server, client, monkeypatch):
    monkeypatch.setattr(context, "WAITS_FOR_DISCORD", (0.01, 0.01))
    server.errors = [(503, 0)]
    await server.write("!heat hello")
    assert (await server.reply()).files["heat.png"].startswith(b"\x89PNG")


def test_the_longest_id_of_a_button_fits_discords_limit():
    request = Request("", 0.123, 1500, 2**32 - 1, top_p=0.123457)
    state = ReplyState(request, "x" * 64)
    assert all(len(Press(move, state).item.custom_id) <= 100 for move in BUTTONS)
