"""Chat, completions, embeddings and models."""

from sdk import MODEL, QUESTION, client, report
from pydantic import BaseModel, ConfigDict, Field

millrace = client()


class City(BaseModel):
    model_config = ConfigDict(extra="forbid")
    city: str = Field(max_length=20)
    population: int


whole = millrace.chat.completions.create(**QUESTION)
chunks = list(
    millrace.chat.completions.create(**QUESTION, stream=True, stream_options={"include_usage": True})
)
with millrace.chat.completions.stream(**QUESTION) as stream:
    deltas = [event.delta for event in stream if event.type == "content.delta"]
    final = stream.get_final_completion()
parsed = millrace.chat.completions.parse(**{**QUESTION, "max_completion_tokens": 80}, response_format=City)
prompt = {"model": MODEL, "prompt": "The capital of France is", "temperature": 0, "seed": 1, "max_tokens": 12}
completion = millrace.completions.create(**prompt)
pieces = [chunk.choices[0].text for chunk in millrace.completions.create(**prompt, stream=True)]
vectors = millrace.embeddings.create(model="all-minilm-l6-v2", input=["A cat sleeps."])
report(
    {
        "whole": whole.choices[0].message.content,
        "streamed": "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices),
        "helper": ["".join(deltas), final.choices[0].finish_reason],
        "usage": [whole.usage.total_tokens, chunks[-1].usage.total_tokens],
        "parsed": type(parsed.choices[0].message.parsed).__name__,
        "completion_is_its_stream": completion.choices[0].text == "".join(pieces),
        "dimensions": len(vectors.data[0].embedding),
        "models": [each.id for each in millrace.models.list()],
        "model": millrace.models.retrieve("smollm2").id,
    }
)
