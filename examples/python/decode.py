"""Decodes messages from the standard input: framed, each behind its length, as kcat writes them.

    kcat -b localhost:9092 -C -t millrace.billing.v1 -e -q -X isolation.level=read_committed -f '%R%s' \\
      | python3 examples/python/decode.py --registry http://localhost:8081
"""

import argparse
import sys

from millrace_avro import Registry, Schemas, as_json

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--schemas", default="schemas", help="folder of the published schemas")
arguments.add_argument("--registry", help="a schema registry, for the wire format")
options = arguments.parse_args()

schemas = Schemas(options.schemas)
registry = Registry(options.registry) if options.registry else None
while length := sys.stdin.buffer.read(4):
    message = sys.stdin.buffer.read(int.from_bytes(length, "big"))
    if message[:1] == b"\0" and registry is not None:
        name, value = registry.decode(message)
        print(as_json({"schema": name, "value": value}))
    else:
        name, version, value = schemas.decode(message)
        print(as_json({"schema": name, "version": version, "value": value}))
