"""The unmodified openai package for Python, pointed at Millrace."""

import json
import os
from typing import Any

import openai

MODEL = "smollm2-135m-instruct"
QUESTION: dict[str, Any] = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
    "seed": 1,
    "max_completion_tokens": 24,
}
STORY = "Tell me a very long story about a mill on a river."
ENDPOINT = {"api_key": os.environ["API_KEY"], "base_url": os.environ["BASE_URL"]}


def client(**options: Any) -> openai.OpenAI:
    return openai.OpenAI(**{**ENDPOINT, "max_retries": 0, **options})


def refusal(call: Any) -> dict[str, Any]:
    """What a call is refused with: the class of its error and what the package reads out of the answer."""
    try:
        call()
    except openai.APIStatusError as error:
        facts = {"class": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
        return facts | {"has_request_id": bool(error.request_id)}
    raise AssertionError("it was not refused")


def report(seen: dict[str, Any]) -> None:
    """Prints what was seen, for the test to judge."""
    print(json.dumps(seen))
