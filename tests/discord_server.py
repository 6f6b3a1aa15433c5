"""A stand-in for Discord at the socket: enough of REST v10 and the gateway for the unmodified discord.py client.

It knows one bot user, one guild with one channel, and people who write there.
"""

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

import discord
import yarl
from aiohttp import WSMsgType, web

from tests import PATIENCE

TOKEN = "a-token-that-this-server-knows"
BOT = {"id": "1", "username": "Mimic", "discriminator": "0", "global_name": None, "avatar": None, "bot": True}
GUILD_ID, CHANNEL_ID, DM_ID = "100", "200", "300"
OWNER_ID = 2  # of bot and guild
DM = {"id": DM_ID, "type": 1, "recipients": []}
MANAGERS = "101"  # the role that manages the guild
GUILD = {
    "id": GUILD_ID,
    "name": "A server",
    "owner_id": "2",
    "member_count": 3,
    "roles": [
        {"id": GUILD_ID, "name": "@everyone", "permissions": "2048", "position": 0, "color": 0, "hoist": False},
        {"id": MANAGERS, "name": "managers", "permissions": "32", "position": 1, "color": 0, "hoist": False},
    ],
    "emojis": [],
    "features": [],
    "channels": [{"id": CHANNEL_ID, "type": 0, "name": "general", "position": 0, "permission_overwrites": []}],
    "members": [],
}


def person(user_id: int, name: str, *, bot: bool = False) -> dict[str, Any]:
    return {"id": str(user_id), "username": name, "discriminator": "0", "global_name": name, "avatar": None, "bot": bot}


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """JSON as Discord sends it: without a charset, which discord.py insists on."""
    headers = {"Content-Type": "application/json"} | (headers or {})
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


def too_much(payload: dict[str, Any]) -> bool:
    """Whether a message goes beyond Discord's limits."""
    embeds = payload.get("embeds") or []
    texts = [[each.get("description") or "", (each.get("footer") or {}).get("text", "")] for each in embeds]
    options = [
        option
        for row in payload.get("components") or []
        for component in row["components"]
        for option in component.get("options", [])
    ]
    return (
        len(payload.get("content") or "") > 2000
        or any(len(description) > 4096 for description, _ in texts)
        or sum(len(text) for pair in texts for text in pair) > 6000
        or len(options) > 25
        or any(len(option["label"]) > 100 for option in options)
    )


@dataclass(frozen=True)
class Sent:
    """A message that the client posted, or changed."""

    channel_id: str
    payload: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)  # seconds
    id: str = ""  # of the message

    @property
    def content(self) -> str:
        return self.payload["content"]


@dataclass
class DiscordServer:
    """What the client does lands in the lists; the attributes say how the server behaves."""

    heartbeat_interval: int = 60_000  # milliseconds
    refuse_with: int | None = None  # close code instead of READY
    roles: list[str] = field(default_factory=lambda: [MANAGERS])  # of whoever uses a slash command
    rate_limits: int = 0  # answers 429 to so many posted messages
    errors: list[tuple[int, int]] = field(default_factory=list)  # (status, code) of answers to the next posted messages
    sent: "asyncio.Queue[Sent]" = field(default_factory=asyncio.Queue)
    commands: list[dict[str, Any]] = field(default_factory=list)  # as they were told to Discord last
    guild_commands: list[dict[str, Any]] = field(default_factory=list)  # and for the guild alone
    pinging: list[dict[str, Any]] = field(default_factory=list)  # messages that may ping somebody
    acknowledged: dict[str, Sent] = field(default_factory=dict)  # interactions, by id
    edits: list[Sent] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    identified: list[dict[str, Any]] = field(default_factory=list)
    resumed: list[dict[str, Any]] = field(default_factory=list)
    heartbeats: list[float] = field(default_factory=list)  # when they came, seconds
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._ids = itertools.count(1000)
        self._sequence = itertools.count(1)
        self._gateway: web.WebSocketResponse | None = None

    async def start(self, monkeypatch: Any) -> None:
        """Listen on loopback and point discord.py there."""
        app = web.Application()
        api = "/api/v10"
        app.router.add_get("/", self._connected)
        app.router.add_get(f"{api}/users/@me", self._authorised(lambda _: BOT))
        application = {"id": "1", "name": "Mimic", "description": "", "flags": 0, "verify_key": ""}
        application["owner"] = person(OWNER_ID, "The owner")
        application |= {"bot_public": True, "bot_require_code_grant": False, "summary": "", "icon": None, "team": None}
        app.router.add_get(f"{api}/oauth2/applications/@me", self._authorised(lambda _: application))
        app.router.add_get(f"{api}/gateway/bot", self._authorised(self._shards))
        app.router.add_post(f"{api}/channels/{{channel}}/messages", self._posted)
        app.router.add_patch(f"{api}/channels/{{channel}}/messages/{{message}}", self._edited)
        app.router.add_post(f"{api}/channels/{{channel}}/typing", self._typing)
        app.router.add_post(f"{api}/users/@me/channels", self._authorised(lambda _: DM))
        app.router.add_put(f"{api}/applications/{{application}}/commands", self._synced)
        app.router.add_put(f"{api}/applications/{{application}}/guilds/{{guild}}/commands", self._synced)
        app.router.add_post(f"{api}/interactions/{{interaction}}/{{token}}/callback", self._acknowledged)
        app.router.add_post(f"{api}/webhooks/{{application}}/{{channel}}", self._posted)
        app.router.add_patch(f"{api}/webhooks/{{application}}/{{channel}}/messages/{{message}}", self._edited)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        monkeypatch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{self.port}{api}")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(self._url()))

    async def stop(self) -> None:
        await self._runner.cleanup()

    def _url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def _shards(self, _: web.Request) -> dict[str, Any]:
        limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
        return {"url": self._url(), "shards": 1, "session_start_limit": limit}

    def _authorised(self, body: Any) -> Any:
        async def handler(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bot {TOKEN}":
                return answer({"message": "401: Unauthorized", "code": 0}, status=401)
            return answer(body(request))

        return handler

    async def _posted(self, request: web.Request) -> web.Response:
        if self.rate_limits:
            self.rate_limits -= 1
            body = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
            return answer(body, status=429, headers={"Via": "1.1 google", "Retry-After": "0.05"})
        if self.errors:
            status, code = self.errors.pop(0)
            return answer({"message": "no", "code": code}, status=status)
        files = {}
        if request.content_type == "multipart/form-data":
            form = dict(await request.post())
            payload = json.loads(form.pop("payload_json"))
            files = {part.filename: part.file.read() for part in form.values()}
        else:
            payload = await request.json()
        self._look_for_pings(payload)
        if too_much(payload):
            return answer({"message": "Invalid Form Body", "code": 50035}, status=400)
        message = self._message(request.match_info["channel"], BOT, payload.get("content", ""))
        self.sent.put_nowait(Sent(request.match_info["channel"], payload, files, id=message["id"]))
        return answer(message)

    async def _edited(self, request: web.Request) -> web.Response:
        channel, payload = request.match_info["channel"], await request.json()
        self._look_for_pings(payload)
        if too_much(payload):
            return answer({"message": "Invalid Form Body", "code": 50035}, status=400)
        self.edits.append(Sent(channel, payload))
        message = self._message(channel, BOT, payload.get("content", ""))
        if request.match_info["message"] != "@original":
            message["id"] = request.match_info["message"]
        return answer(message)

    async def _synced(self, request: web.Request) -> web.Response:
        told = await request.json()
        if "guild" in request.match_info:
            self.guild_commands = told
        else:
            self.commands = told
        registered = {
            "application_id": BOT["id"],
            "version": "1",
            "default_member_permissions": None,
            "description": "",
        }
        return answer([registered | command | {"id": str(next(self._ids))} for command in told])

    async def _acknowledged(self, request: web.Request) -> web.Response:
        interaction, payload = request.match_info["interaction"], await request.json()
        if "content" in payload.get("data", {}):
            self._look_for_pings(payload["data"])
        self.acknowledged[interaction] = Sent(request.match_info["token"], payload)
        callback = {"id": interaction, "type": 2, "activity_instance_id": None}
        return answer({"interaction": callback | {"response_message_id": None, "response_message_loading": True}})

    def _look_for_pings(self, payload: dict[str, Any]) -> None:
        """Keep a message that doesn't say that nobody is to be pinged: without a word Discord pings by default."""
        allowed = payload.get("allowed_mentions") or {"parse": ["everyone"]}
        if allowed["parse"] or allowed.get("users") or allowed.get("roles") or allowed.get("replied_user"):
            self.pinging.append(payload)

    async def _typing(self, request: web.Request) -> web.Response:
        self.typing.append(request.match_info["channel"])
        return web.Response(status=204)

    def _message(self, channel_id: str, author: dict[str, Any], content: str) -> dict[str, Any]:
        message = {
            "id": str(next(self._ids)),
            "channel_id": channel_id,
            "author": author,
            "content": content,
            "type": 0,
        }
        message |= {"timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "tts": False, "pinned": False}
        message |= {"mention_everyone": False, "mentions": [], "mention_roles": [], "attachments": [], "embeds": []}
        if channel_id != DM_ID:
            message["guild_id"] = GUILD_ID
            message["member"] = {
                "roles": [],
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
            }
        return message

    async def _connected(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._gateway = socket
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.heartbeat_interval}})
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            payload = frame.json()
            match payload["op"]:
                case 1:
                    self.heartbeats.append(time.monotonic())
                    await socket.send_json({"op": 11})
                case 2 if self.refuse_with:
                    await socket.close(code=self.refuse_with)
                case 2:
                    self.identified.append(payload["d"])
                    await self._greet()
                case 6:
                    self.resumed.append(payload["d"])
                    await self.dispatch("RESUMED", {})
        return socket

    async def _greet(self) -> None:
        ready = {"v": 10, "user": BOT, "session_id": "a-session", "resume_gateway_url": self._url(), "shard": [0, 1]}
        ready |= {"guilds": [{"id": GUILD_ID, "unavailable": True}], "application": {"id": "1", "flags": 0}}
        await self.dispatch("READY", ready)
        await self.dispatch("GUILD_CREATE", GUILD)
        self.ready.set()

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        assert self._gateway is not None
        await self._gateway.send_json({"op": 0, "s": next(self._sequence), "t": event, "d": data})

    async def drop(self) -> None:
        """Cut the gateway's connection without a goodbye."""
        assert self._gateway is not None
        self.ready.clear()
        transport = self._gateway._req.transport  # the socket below: no close frame goes out
        transport.abort()

    async def write(
        self,
        content: str,
        author: dict[str, Any] | None = None,
        channel_id: str = CHANNEL_ID,
        replying_to: tuple[dict[str, Any], str] | None = None,
    ) -> str:
        """Let a person write in the channel, replying to what somebody said there; return the message's id."""
        message = self._message(channel_id, author or person(7, "Ada"), content)
        if replying_to:
            referenced = self._message(channel_id, *replying_to)
            reference = {"type": 0, "message_id": referenced["id"], "channel_id": channel_id, "guild_id": GUILD_ID}
            message |= {"type": 19, "message_reference": reference, "referenced_message": referenced}
        await self.dispatch("MESSAGE_CREATE", message)
        return message["id"]

    async def interact(
        self,
        kind: int,
        name: str,
        *options: dict[str, Any],
        other: dict[str, Any] | None = None,
        author: dict[str, Any] | None = None,
    ) -> str:
        """Let a person use a slash command (kind 2), a component (3), or type (4); return the interaction's id."""
        interaction = str(next(self._ids))
        member = {"user": author or person(7, "Ada"), "roles": self.roles, "joined_at": "2026-01-01T00:00:00+00:00"}
        member |= {"deaf": False, "mute": False, "permissions": "2048", "flags": 0}
        payload = {"id": interaction, "application_id": BOT["id"], "type": kind, "token": CHANNEL_ID, "version": 1}
        payload |= {"guild_id": GUILD_ID, "channel_id": CHANNEL_ID, "channel": GUILD["channels"][0], "member": member}
        payload |= {"data": {"id": "900", "name": name, "type": 1, "options": list(options)}, "locale": "en-GB"}
        payload |= other or {}
        payload |= {"entitlements": [], "authorizing_integration_owners": {}, "context": 0, "app_permissions": "8"}
        await self.dispatch("INTERACTION_CREATE", payload | {"attachment_size_limit": 10_000_000})
        return interaction

    async def slash(self, name: str, **options: str | float) -> str:
        """Let a person use a slash command; return the interaction's id."""
        kinds = {str: 3, int: 4, bool: 5, float: 10}
        named = [{"name": key, "type": kinds[type(value)], "value": value} for key, value in options.items()]
        return await self.interact(2, name, *named)

    async def choose(self, entry: str, content: str, author: dict[str, Any] | None = None) -> str:
        """Let a person choose an entry in a message's menu; return the interaction's id."""
        message = self._message(CHANNEL_ID, author or person(8, "Bob"), content)
        data = {"id": "901", "name": entry, "type": 3, "target_id": message["id"]}
        resolved = {"messages": {message["id"]: message}}
        return await self.interact(2, "", other={"data": data | {"resolved": resolved}})

    async def press(self, sent: Sent, custom_id: str, *values: str, author: dict[str, Any] | None = None) -> Sent:
        """Let a person press a button under a message, or pick something; return the message as it is then."""
        message = self._message(CHANNEL_ID, BOT, sent.payload.get("content") or "")
        message |= {"id": sent.id or message["id"]}
        message |= {"embeds": sent.payload.get("embeds", []), "components": sent.payload["components"]}
        data = {"custom_id": custom_id, "component_type": 3 if values else 2, "values": list(values)}
        before = len(self.edits)
        interaction = await self.interact(3, "", other={"data": data, "message": message}, author=author)
        async with asyncio.timeout(PATIENCE):
            while len(self.edits) == before:
                answered = self.acknowledged.get(interaction)
                if answered and "data" in answered.payload:  # changed at once
                    return replace(answered, payload=answered.payload["data"])
                await asyncio.sleep(0.005)
        return self.edits[-1]

    async def delete(self, message_id: str) -> None:
        """Let a person delete a message."""
        await self.dispatch("MESSAGE_DELETE", {"id": message_id, "channel_id": CHANNEL_ID, "guild_id": GUILD_ID})

    async def acknowledgement(self, interaction: str) -> Sent:
        """Wait for the client's first answer to an interaction."""
        async with asyncio.timeout(PATIENCE):
            while interaction not in self.acknowledged:
                await asyncio.sleep(0.001)
        return self.acknowledged[interaction]

    async def edit(self, before: int) -> Sent:
        """Wait for the client's next edit, after so many."""
        async with asyncio.timeout(PATIENCE):
            while len(self.edits) == before:
                await asyncio.sleep(0.005)
        return self.edits[-1]

    async def reply(self) -> Sent:
        """Wait for the client's next message."""
        return await asyncio.wait_for(self.sent.get(), PATIENCE)
