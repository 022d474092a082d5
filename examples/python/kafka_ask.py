"""Sends requests to a topic of Kafka that Millrace reads, in Avro by a schema registry, and prints what each is called.

    python3 examples/python/kafka_ask.py support-requests --registry http://localhost:8081 "What is the capital of France?"
"""

import argparse
import json
import os
import pathlib
import uuid

from confluent_kafka import Producer

from millrace_avro import Registry

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("topic")
arguments.add_argument("texts", nargs="+")
arguments.add_argument("--registry", required=True, help="the schema registry")
arguments.add_argument("--max-tokens", type=int, default=64)
arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
options = arguments.parse_args()

registry = Registry(options.registry)
schema = json.loads((pathlib.Path(options.schemas) / "intake.requested.v1.avsc").read_text("utf-8"))
failures = []
producer = Producer(
    {
        "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
        # A record that is sent again is not stored twice.
        "enable.idempotence": True,
    }
)
for text in options.texts:
    correlation_id = str(uuid.uuid4())
    request = {
        "correlation_id": correlation_id,
        "messages": [{"role": "user", "content": text}],
        "parameters": {"max_tokens": options.max_tokens, "temperature": 0.0},
    }
    producer.produce(
        options.topic,
        key=correlation_id,
        value=registry.encode(f"{options.topic}-value", schema, request),
        on_delivery=lambda error, _: failures.append(error) if error else None,
    )
    print(correlation_id)
producer.flush(60)
if failures:
    raise SystemExit(str(failures[0]))
