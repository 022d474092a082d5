"""A limit of requests in flight: the package waits as it is told and asks again; without retries it raises."""

import openai
from sdk import MODEL, QUESTION, STORY, client, refusal, report

brief = {**QUESTION, "max_completion_tokens": 1}
story = client().chat.completions.create(
    model=MODEL, messages=[{"role": "user", "content": STORY}], temperature=0, stream=True
)
next(iter(story))
refused = refusal(lambda: client().chat.completions.create(**brief))
statuses: list[int] = []


def note(response) -> None:
    statuses.append(response.status_code)
    if response.status_code == 429:
        story.close()


patient = client(max_retries=10, http_client=openai.DefaultHttpxClient(event_hooks={"response": [note]}))
answer = patient.chat.completions.create(**brief)
report({"refused": refused, "first": statuses[0], "last": statuses[-1], "reason": answer.choices[0].finish_reason})
