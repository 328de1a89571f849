"""What the Python recipes have in common: one turn a process, and what came of it as the last line of standard output.

Arguments: mode, address, prompt, file. With a file the model is offered one tool, `append`, which appends a line to it.
"""

import asyncio
import inspect
import json
import os
import sys

KEY = os.environ.get("DUMMY_KEY", "sk-dummy-000")
MODE, ADDRESS, PROMPT, FILE = (sys.argv[1:] + [""] * 4)[:4]


def append(line: str) -> str:
    """Appends one line to the file."""
    with open(FILE, "a") as file:
        file.write(line + "\n")
    return "appended"


def report(turn):
    """Runs `turn`, a function or a coroutine function that returns the text that its user gets."""
    try:
        text = turn()
        if inspect.isawaitable(text):
            text = asyncio.run(text)
        outcome = {"text": text or "", "error": None}
    except Exception as error:  # The program that uses the library gets every error.
        outcome = {"text": "", "error": f"{type(error).__name__}: {error}"}
    print("\n" + json.dumps(outcome), flush=True)
