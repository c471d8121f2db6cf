"""Sends one text message by Twilio's own client, to another address than Twilio's.

    send_by_twilio.py URL ACCOUNT TOKEN FIELDS

FIELDS are the arguments of `messages.create` as a JSON object. Prints the id of the message.
"""

import json
import sys

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

TWILIO = "https://api.twilio.com"


class Redirected(TwilioHttpClient):
    """Changes where a request goes, and nothing in it."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    def request(self, method, url, *arguments, **more):
        return super().request(method, url.replace(TWILIO, self.url, 1), *arguments, **more)


url, account, token, fields = sys.argv[1:]
client = Client(account, token, http_client=Redirected(url))
print(client.messages.create(**json.loads(fields)).sid)
