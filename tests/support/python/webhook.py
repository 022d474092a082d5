"""A webhook as it arrived: headers and body are given as JSON on the command line."""

import json
import os
import sys

import openai
from sdk import client, report

millrace = client(webhook_secret=os.environ["WEBHOOK_SECRET"])
received = json.loads(sys.argv[1])
event = millrace.webhooks.unwrap(received["body"], received["headers"])
try:
    millrace.webhooks.unwrap(received["body"] + " ", received["headers"])
    forged = "taken"
except openai.InvalidWebhookSignatureError as error:
    forged = type(error).__name__
report({"event": type(event).__name__, "type": event.type, "batch": event.data.id, "forged": forged})
