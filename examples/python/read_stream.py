"""Reads the messages of a stream in NATS, as the user analyst, who may only read.

    NATS_URL=nats://localhost:4222 NATS_USER=analyst NATS_PASSWORD=… python3 examples/python/read_stream.py BILLING
"""

import argparse
import asyncio

import nats.js.errors

from millrace_avro import Schemas, as_json
from millrace_nats import connect


async def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("stream", help="CLOSED, BILLING, AUDIT, ADMISSIONS, FINDINGS or DEADLETTER")
    arguments.add_argument("--subject", default=">", help="such as mr.billing.charged.acme")
    arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
    options = arguments.parse_args()
    schemas = Schemas(options.schemas)
    client = await connect()
    sequence = 1
    try:
        while True:
            message = await client.jsm().get_msg(
                options.stream, sequence, subject=options.subject, direct=True, next=True
            )
            name, version, value = schemas.decode(message.data)
            print(as_json({"sequence": message.seq, "schema": name, "version": version, "value": value}))
            sequence = message.seq + 1
    except nats.js.errors.NotFoundError:
        pass  # the end of what is stored
    finally:
        await client.close()


asyncio.run(main())
