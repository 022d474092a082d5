"""Publishes requests to a queue of Millrace in NATS, and prints what each is called.

    python3 examples/python/ask.py --tenant default --queue support "What is the capital of France?"
"""

import argparse
import asyncio
import uuid

from millrace_avro import Schemas
from millrace_nats import connect


async def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("texts", nargs="+")
    arguments.add_argument("--tenant", default="default")
    arguments.add_argument("--queue", default="support")
    arguments.add_argument("--chunks", action="store_true", help="answers in pieces, as they are generated")
    arguments.add_argument("--max-tokens", type=int, default=64)
    arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
    options = arguments.parse_args()
    schemas = Schemas(options.schemas)
    client = await connect()
    try:
        for text in options.texts:
            correlation_id = str(uuid.uuid4())
            request = {
                "correlation_id": correlation_id,
                "messages": [{"role": "user", "content": text}],
                "parameters": {"max_tokens": options.max_tokens, "temperature": 0.0},
                "answer": "chunks" if options.chunks else "whole",
                # What is left out has the default of its field.
            }
            # Acknowledged: it is stored. Sent again under the same id within two minutes, it is not stored twice.
            await client.jetstream().publish(
                f"mr.intake.{options.tenant}.{options.queue}",
                schemas.encode("intake.requested", request),
                headers={"Nats-Msg-Id": correlation_id},
            )
            print(correlation_id)
    finally:
        await client.close()


asyncio.run(main())
