"""Reads the answers of a queue in NATS until so many requests are answered.

    python3 examples/python/answers.py --tenant default --queue support --count 1
"""

import argparse
import asyncio
import json

from nats.js.api import AckPolicy, ConsumerConfig

from millrace_avro import Schemas, as_json
from millrace_nats import connect, has_seed


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
    client = await connect()
    try:
        if has_seed():
            # A tenant's own user reads by the one consumer that it has, of all its queues: each answer once, if it is acked.
            topics = client.jetstream(prefix="MR.API")
            subscription = await topics.pull_subscribe_bind(f"tenant~{options.tenant}", "ANSWERS")
        else:
            # A consumer that goes with this program, from the oldest answer on.
            subscription = await client.jetstream().pull_subscribe(
                f"mr.answers.{options.tenant}.{options.queue}.>",
                stream="ANSWERS",
                config=ConsumerConfig(ack_policy=AckPolicy.NONE),
            )
        left = options.count
        while left > 0:
            for message in await subscription.fetch(batch=100, timeout=60):
                # An answer is in the format of its request: Avro, or JSON with the same fields.
                is_json = message.data[:1] == b"{"
                answer = json.loads(message.data) if is_json else schemas.decode(message.data)[2]
                print(as_json(answer), flush=True)
                if has_seed():
                    await message.ack()
                # Behind the pieces of an answer, one that ends it.
                if answer["kind"] in ("ANSWER", "ERROR"):
                    left -= 1
    finally:
        await client.close()


asyncio.run(main())
