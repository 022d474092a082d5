"""Reads a topic of Kafka to its end, or until so many events have come: only what is committed, so each event once.

    python3 examples/python/read_topic.py millrace.billing.v1 --registry http://localhost:8081
"""

import argparse
import os

from confluent_kafka import Consumer, TopicPartition

from millrace_avro import Registry, Schemas, as_json

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("topic")
arguments.add_argument("--registry", help="the schema registry; without it, single objects and the published schemas")
arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
arguments.add_argument("--timeout", type=int, default=60, help="seconds to wait for the next, 60 by default")
arguments.add_argument("--count", type=int, help="waits for so many, instead of the end of the topic")
options = arguments.parse_args()

registry = Registry(options.registry) if options.registry else None
schemas = Schemas(options.schemas)
consumer = Consumer(
    {
        "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
        # Nothing is committed: each run reads from the beginning.
        "group.id": "example-reader",
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    }
)
partitions = consumer.list_topics(options.topic, timeout=30).topics[options.topic].partitions
consumer.assign([TopicPartition(options.topic, partition, 0) for partition in partitions])
left = set(partitions)
read = 0
while left if options.count is None else read < options.count:
    record = consumer.poll(options.timeout)
    if record is None:
        raise SystemExit(f"nothing came within {options.timeout} s")
    if record.error():
        if record.error().code() != -191:  # the end of a partition
            raise SystemExit(str(record.error()))
        left.discard(record.partition())
    elif record.value() is not None:
        if registry is not None:
            schema, value = registry.decode(record.value())
        else:
            schema, _, value = schemas.decode(record.value())
        read += 1
        print(as_json({"offset": record.offset(), "schema": schema, "value": value}))
consumer.close()
