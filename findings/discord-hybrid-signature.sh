#!/bin/sh
# discord.py's HybridCommand deletes the __signature__ of the function that it is given.
#
# One expects: a command leaves its function as it was, so that commands can be generated: give a function a
#   __signature__ with the parameters of a command, and discord.py reads the options from it (it does read it).
# What happens: the options are read once; then the attribute is deleted. A second command from the same function, and
#   Command.copy(), which builds the command anew, see another signature: here the second one raises a TypeError.
# For whom it matters: whoever builds commands from declarations. Set the signature on a stub and let the function point
#   to it by __wrapped__ (inspect follows it): that one stays.
# Seen with: discord.py 2.7.1, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --target "$folder" discord.py==2.7.1
PYTHONPATH="$folder" python3 - <<'PYTHON'
import inspect

from discord.ext import commands


async def echo(context, *words, **options): ...


context = commands.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=commands.Context)
words = commands.Parameter("words", inspect.Parameter.KEYWORD_ONLY, default="", annotation=str)
echo.__signature__ = inspect.Signature([context, words])

first = commands.HybridCommand(echo, name="echo")
print("options of the first command:", [each.name for each in first.app_command.parameters])
print("the function still has its signature:", hasattr(echo, "__signature__"))
assert [each.name for each in first.app_command.parameters] == ["words"]
assert not hasattr(echo, "__signature__")
try:
    second = commands.HybridCommand(echo, name="echo-again")
    outcome = f"options of the second command: {[each.name for each in second.app_command.parameters]}"
except Exception as error:
    outcome = f"the second command: {type(error).__name__}: {error}"
print(outcome)
assert outcome != "options of the second command: ['words']"
PYTHON
