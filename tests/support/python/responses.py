"""Responses: whole, streamed, in the background, cancelled, gone on behind, parsed."""

import time

from sdk import MODEL, STORY, client, refusal, report
from pydantic import BaseModel, ConfigDict

millrace = client()
question = {"model": MODEL, "input": "What is the capital of France?", "temperature": 0, "max_output_tokens": 24}


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    is_city: bool


def until_ended(response_id: str):
    while (response := millrace.responses.retrieve(response_id)).status in ("queued", "in_progress"):
        time.sleep(0.05)
    return response


whole = millrace.responses.create(**question, metadata={"kind": "test"})
events = list(millrace.responses.create(**question, stream=True))
text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
last = events[-1].response
resumed = list(millrace.responses.retrieve(last.id, stream=True, starting_after=3))
with millrace.responses.stream(**question) as stream:
    helped = stream.until_done().get_final_response().output_text

queued = millrace.responses.create(**question, background=True)
background = until_ended(queued.id)

endless = {**question, "input": STORY, "max_output_tokens": 1_500, "background": True}
begun = millrace.responses.create(**endless, stream=True)
for event in begun:
    if event.type == "response.created":
        running = event.response.id
    if event.type == "response.output_text.delta":
        break
begun.close()
millrace.responses.cancel(running)
cancelled = until_ended(running)

behind = millrace.responses.create(
    model=MODEL, input="And of Italy?", previous_response_id=whole.id, max_output_tokens=8
)
items = millrace.responses.input_items.list(behind.id, order="asc")
parsed = millrace.responses.parse(**{**question, "max_output_tokens": 40}, text_format=Answer)
millrace.responses.delete(whole.id)
report(
    {
        "whole": [whole.object, whole.status, whole.metadata, whole.output_text],
        "streamed": text,
        "helped": helped,
        "numbers": [event.sequence_number for event in events] == list(range(len(events))),
        "types": [events[0].type, events[-1].type],
        "resumed": [event.to_dict() for event in resumed] == [event.to_dict() for event in events[4:]],
        "queued": queued.background,
        "background": [background.status, background.output_text],
        "cancelled": [cancelled.status, bool(cancelled.output_text)],
        "behind": [behind.previous_response_id == whole.id, [item.role for item in items]],
        "parsed": type(parsed.output_parsed).__name__,
        "gone": refusal(lambda: millrace.responses.retrieve(whole.id)),
        "refused": refusal(lambda: millrace.responses.create(**question, reasoning={"effort": "low"})),
    }
)
