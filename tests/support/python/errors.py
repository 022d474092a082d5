"""The classes of errors, what the package tries again by itself, and what happens when it is left."""

import asyncio
import os

import openai
from sdk import ENDPOINT, MODEL, QUESTION, STORY, client, refusal, report

millrace = client()
story = {"model": MODEL, "messages": [{"role": "user", "content": STORY}], "temperature": 0}


def keyed(content: str):
    question = {**QUESTION, "messages": [{"role": "user", "content": content}]}
    return millrace.chat.completions.create(**question, extra_headers={"Idempotency-Key": "python"})


keyed("Once.")
classes = [
    refusal(lambda: millrace.chat.completions.create(**QUESTION, extra_body={"audio": {"voice": "alloy"}})),
    refusal(lambda: millrace.chat.completions.create(**{**QUESTION, "temperature": 3})),
    refusal(lambda: client(api_key="wrong").models.list()),
    refusal(lambda: millrace.chat.completions.create(**{**QUESTION, "model": "gpt-4o"})),
    refusal(lambda: millrace.responses.retrieve("resp_none")),
    refusal(lambda: keyed("Another.")),
]


def name_of(call) -> str:
    try:
        call()
    except openai.APIConnectionError as error:
        return type(error).__name__
    raise AssertionError("it was answered")


connections = [
    name_of(lambda: client(timeout=0.3).chat.completions.create(**story, max_completion_tokens=1_500)),
    name_of(lambda: client(base_url=os.environ["NOBODY_URL"]).models.list()),
]


def left_early() -> str:
    """Leaves a stream at its first words, which closes the connection."""
    with millrace.chat.completions.create(**story, stream=True, max_completion_tokens=1_500) as stream:
        for chunk in stream:
            if chunk.choices[0].delta.content:
                return chunk.id
    raise AssertionError("it said nothing")


async def cancelled() -> str:
    """Cancels the task that reads a stream."""
    async with openai.AsyncOpenAI(**ENDPOINT, max_retries=0) as asynchronous:
        started: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def read() -> None:
            stream = await asynchronous.chat.completions.create(
                **story, stream=True, max_completion_tokens=1_500
            )
            async for chunk in stream:
                if chunk.choices[0].delta.content and not started.done():
                    started.set_result(chunk.id)

        reading = asyncio.create_task(read())
        name = await started
        reading.cancel()
        try:
            await reading
        except asyncio.CancelledError:
            return name
        raise AssertionError("it was read to its end")


report(
    {"classes": classes, "connections": connections, "left": [left_early(), asyncio.run(cancelled())]}
)
