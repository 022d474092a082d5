"""The openai package for Python against Millrace: prints one JSON object of what it saw."""

import json
import os
import sys

import openai

client = openai.OpenAI(api_key=os.environ["API_KEY"], base_url=os.environ["BASE_URL"], max_retries=0)
model = sys.argv[1]
question = {
    "model": model,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
    "seed": 1,
    "max_completion_tokens": 24,
}
whole = client.chat.completions.create(**question)
streamed = client.chat.completions.create(**question, stream=True, stream_options={"include_usage": True})
chunks = list(streamed)
vectors = client.embeddings.create(model="all-minilm-l6-v2", input=["A cat sleeps."])
errors = []
for call in (
    lambda: client.chat.completions.create(**{**question, "model": "gpt-4o"}),
    lambda: client.chat.completions.create(**question, extra_body={"audio": {"voice": "alloy"}}),
    lambda: client.with_options(api_key="wrong").models.list(),
):
    try:
        call()
    except openai.APIStatusError as error:
        errors.append([type(error).__name__, error.status_code, error.code])
print(
    json.dumps(
        {
            "whole": whole.choices[0].message.content,
            "streamed": "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices),
            "usage": [whole.usage.total_tokens, chunks[-1].usage.total_tokens],
            "dimensions": len(vectors.data[0].embedding),
            "models": [each.id for each in client.models.list()],
            "errors": errors,
        }
    )
)
