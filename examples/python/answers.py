"""Reads the answers of a queue in NATS, from the oldest that is kept, until so many requests are answered.

    python3 examples/python/answers.py --tenant default --queue support --count 1
"""

import argparse
import asyncio
import os

import nats
from nats.js.api import AckPolicy, ConsumerConfig

from millrace_avro import Schemas, as_json


async def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--tenant", default="default")
    arguments.add_argument("--queue", default="support")
    arguments.add_argument("--count", type=int, default=1)
    arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
    options = arguments.parse_args()
    schemas = Schemas(options.schemas)
    client = await nats.connect(
        os.environ.get("NATS_URL", "nats://localhost:4222"),
        user=os.environ.get("NATS_USER"),
        password=os.environ.get("NATS_PASSWORD"),
        inbox_prefix=os.environ.get("NATS_INBOX_PREFIX", "_INBOX"),
    )
    try:
        # A consumer that goes with this program. One with a durable name would go on where it was left.
        subscription = await client.jetstream().pull_subscribe(
            f"mr.answers.{options.tenant}.{options.queue}.>",
            stream="ANSWERS",
            config=ConsumerConfig(ack_policy=AckPolicy.NONE),
        )
        left = options.count
        while left > 0:
            for message in await subscription.fetch(batch=100, timeout=60):
                _, _, answer = schemas.decode(message.data)
                print(as_json(answer), flush=True)
                # Behind the pieces of an answer, one that ends it.
                if answer["kind"] in ("ANSWER", "ERROR"):
                    left -= 1
    finally:
        await client.close()


asyncio.run(main())
