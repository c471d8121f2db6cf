"""Reads a whole mailbox over IMAP, and prints its mails, the oldest first, as JSON: a list of base64 texts.

    read_imap.py PORT USER PASSWORD
"""

import base64
import imaplib
import json
import sys

port, user, password = sys.argv[1:]
with imaplib.IMAP4("localhost", int(port)) as server:
    server.login(user, password)
    server.select("INBOX", readonly=True)
    numbers = server.search(None, "ALL")[1][0].split()
    mails = [server.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]
print(json.dumps([base64.b64encode(mail).decode() for mail in mails]))
