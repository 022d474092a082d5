"""Millrace's messages with fastavro: the published schemas are all that it takes.

A message is an Avro single object: C3 01, the CRC-64-AVRO fingerprint of its schema (8 bytes, little endian), the body.
In Kafka with a schema registry it is: 00, the id of the schema (4 bytes, big endian), the body.
"""

import datetime
import decimal
import io
import json
import pathlib
import urllib.request
import uuid

import fastavro
import fastavro.schema

MARKER = b"\xc3\x01"


class Schemas:
    """The schemas of a folder, by fingerprint and by name."""

    def __init__(self, folder="schemas"):
        self.by_fingerprint = {}
        self.versions = {}
        for file in pathlib.Path(folder).glob("*.avsc"):
            name, version = file.stem.rsplit(".v", 1)
            schema = json.loads(file.read_text("utf-8"))
            canonical = fastavro.schema.to_parsing_canonical_form(schema)
            fingerprint = fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")
            entry = (name, int(version), fastavro.parse_schema(schema, _write_hint=False))
            self.by_fingerprint[bytes.fromhex(fingerprint)] = entry
            self.versions.setdefault(name, {})[int(version)] = (bytes.fromhex(fingerprint), entry[2])

    def encode(self, name, value):
        """A message by the latest version of an event."""
        fingerprint, schema = self.latest(name)
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, value, strict_allow_default=True)
        return MARKER + fingerprint + body.getvalue()

    def decode(self, message):
        """Name, version and value of a message."""
        if message[:2] != MARKER:
            raise ValueError("not an Avro single object: it begins with " + message[:2].hex())
        if message[2:10] not in self.by_fingerprint:
            raise ValueError("no schema has the fingerprint " + message[2:10].hex())
        name, version, schema = self.by_fingerprint[message[2:10]]
        return name, version, fastavro.schemaless_reader(io.BytesIO(message[10:]), schema)

    def latest(self, name):
        return self.versions[name][max(self.versions[name])]


class Registry:
    """A schema registry with the API of Confluent."""

    def __init__(self, url):
        self.url = url.rstrip("/")
        self.schemas = {}

    def decode(self, record):
        """Full name and value of a record in the wire format."""
        if record[:1] != b"\0":
            raise ValueError("not in the wire format: it begins with " + record[:1].hex())
        schema = self.schema(int.from_bytes(record[1:5], "big"))
        return schema["name"], fastavro.schemaless_reader(io.BytesIO(record[5:]), schema)

    def schema(self, schema_id):
        if schema_id not in self.schemas:
            with urllib.request.urlopen(f"{self.url}/schemas/ids/{schema_id}", timeout=60) as answer:
                self.schemas[schema_id] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
        return self.schemas[schema_id]

    def encode(self, subject, schema, value):
        """A record by a schema, which is registered under the subject if it is not yet."""
        request = urllib.request.Request(
            f"{self.url}/subjects/{subject}/versions",
            json.dumps({"schema": json.dumps(schema)}).encode(),
            {"content-type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            schema_id = json.load(answer)["id"]
        body = io.BytesIO()
        fastavro.schemaless_writer(body, fastavro.parse_schema(schema), value, strict_allow_default=True)
        return b"\0" + schema_id.to_bytes(4, "big") + body.getvalue()


def as_json(value):
    """A line of JSON. Bytes become hexadecimal, times milliseconds since 1970, decimals text."""
    return json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True)


_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def _plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        return (value - _EPOCH) // datetime.timedelta(milliseconds=1)
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    raise TypeError(type(value).__name__)
