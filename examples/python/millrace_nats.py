"""Connects to NATS as its server wants it.

NATS_URL; NATS_SEED_FILE: the seed that `millrace tenants nats-user` has printed; or NATS_USER and NATS_PASSWORD, such as analyst;
NATS_CA_FILE: who has signed the certificate of the server, where that is no public authority.
"""

import os
import pathlib
import ssl

import nats


def has_seed():
    return "NATS_SEED_FILE" in os.environ


async def connect():
    options = {}
    if has_seed():
        options["nkeys_seed_str"] = pathlib.Path(os.environ["NATS_SEED_FILE"]).read_text().strip()
    elif "NATS_USER" in os.environ:
        user = os.environ["NATS_USER"]
        # Answers come to an inbox of its own, the only one that it may listen to.
        options |= {
            "user": user,
            "password": os.environ["NATS_PASSWORD"],
            "inbox_prefix": f"_INBOX.{user}",
        }
    if "NATS_CA_FILE" in os.environ:
        options["tls"] = ssl.create_default_context(cafile=os.environ["NATS_CA_FILE"])
    return await nats.connect(os.environ.get("NATS_URL", "nats://localhost:4222"), **options)
