"""Files and batches: upload, list, create, poll, read the output, cancel, remove."""

import json
import os
import time

from sdk import MODEL, client, refusal, report

millrace = client()
ended = ("completed", "failed", "expired", "cancelled")


def line(custom_id: str, content: str | None, tokens: int = 4) -> str:
    messages = [] if content is None else [{"role": "user", "content": content}]
    body = {"model": MODEL, "messages": messages, "temperature": 0, "max_completion_tokens": tokens}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body})


def upload(*lines: str):
    return millrace.files.create(file=("größe.jsonl", "\n".join(lines).encode()), purpose="batch")


def create(file_id: str, **more):
    return millrace.batches.create(
        input_file_id=file_id, endpoint="/v1/chat/completions", completion_window="24h", **more
    )


def until_ended(batch_id: str):
    while (batch := millrace.batches.retrieve(batch_id)).status not in ended:
        time.sleep(0.1)
    return batch


def read(file_id: str):
    return [json.loads(each) for each in millrace.files.content(file_id).text.splitlines()]


content = [line("a", "Say hello."), line("b", None), line("c", "Say goodbye.")]
file = upload(*content)
processed = millrace.files.wait_for_processing(file.id)
again = millrace.files.content(file.id)
webhook = {"url": os.environ["WEBHOOK_URL"], "secret": os.environ["WEBHOOK_SECRET"]}
created = create(file.id, metadata={"kind": "test"}, extra_body={"webhook": webhook})
done = until_ended(created.id)
output, errors = read(done.output_file_id), read(done.error_file_id)

long = create(upload(line("long", "Tell me a very long story.", 1_500)).id)
cancelling = millrace.batches.cancel(long.id)
broken = until_ended(create(upload("{").id).id)

report(
    {
        "file": [file.filename, file.purpose, file.bytes, processed.status, again.text == "\n".join(content)],
        "created": [created.object, created.status, created.metadata],
        "counts": done.request_counts.to_dict(),
        "output": [[each["custom_id"], each["response"]["status_code"], each["error"]] for each in output],
        "texts": [bool(each["response"]["body"]["choices"][0]["message"]["content"]) for each in output],
        "errors": [[each["custom_id"], each["response"]["body"]["error"]["param"]] for each in errors],
        "cancelled": [cancelling.status, until_ended(long.id).status],
        "broken": [broken.status, [[each.line, each.code] for each in broken.errors.data]],
        "batches": [each.id for each in millrace.batches.list(limit=1)] == [broken.id, long.id, created.id],
        "files": len({each.id for each in millrace.files.list(limit=2)}),
        "deleted": millrace.files.delete(file.id).deleted,
        "gone": refusal(lambda: millrace.files.retrieve(file.id)),
        "no_file": refusal(lambda: create("file-none")),
        "completed": created.id,
    }
)
