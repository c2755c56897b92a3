"""Does with one client library what a line of JSON on standard input asks for, and answers with a line.

Every request is {"do", "access": {"baseUrl", "apiKey"}, …}; every answer {"value"} or {"thrown": {kind, status, message}}.
The libraries are used as their own documents show, without retries: a test wants to see the first answer.
"""

import importlib
import json
import sys


def main() -> None:
    library = importlib.import_module(f"use_{sys.argv[1]}")
    answer({"value": "ready"})
    for line in sys.stdin:
        request = json.loads(line)
        do = getattr(library, request.pop("do"))
        try:
            answer({"value": do(**request)})
        except Exception as thrown:  # Whatever a library throws is what the test asks about.
            answer({"thrown": told(thrown)})


def told(thrown: Exception) -> dict:
    return {
        "kind": type(thrown).__name__,
        "status": getattr(thrown, "status_code", None),
        "message": str(thrown),
    }


def answer(message: dict) -> None:
    print(json.dumps(message), flush=True)


main()
