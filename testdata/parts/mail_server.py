"""A mail server that keeps what it receives, and misbehaves as it is told.

    mail_server.py FOLDER PORT starttls|implicit|none USER PASSWORD

FOLDER holds the certificate. Mails go to FOLDER/mails/new, each as it came, below one line for its sender and one
for each receiver, as other servers add them. How to behave is read from FOLDER/behavior at each mail:

    accept              take it
    refuse STATUS       refuse each receiver: 450 says later, 550 says never
    wait SECONDS        take it, and answer only then
    hang-up             close the connection in place of an answer, without the mail
    lose-answer         close the connection in place of an answer, with the mail
"""

import asyncio
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Keeper:
    def __init__(self, folder):
        self.folder = folder

    def behavior(self):
        name, _, value = (self.folder / "behavior").read_text().partition(" ")
        return name, value

    async def handle_RCPT(self, server, session, envelope, address, options):
        name, value = self.behavior()
        if name == "refuse":
            return f"{value} refused, as this test wants it"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name, value = self.behavior()
        if name == "wait":
            await asyncio.sleep(float(value))
        if name != "hang-up":
            self.keep(envelope)
        if name in ("hang-up", "lose-answer"):
            server.transport.abort()
        return "250 OK"

    def keep(self, envelope):
        lines = [f"Return-Path: <{envelope.mail_from}>"]
        lines += [f"Delivered-To: {receiver}" for receiver in envelope.rcpt_tos]
        head = "".join(f"{line}\r\n" for line in lines).encode()
        mails = self.folder / "mails"
        unfinished = mails / "tmp" / "mail"
        unfinished.write_bytes(head + envelope.original_content)
        arrived = len(list((mails / "new").iterdir()))
        unfinished.rename(mails / "new" / f"{arrived:06}")


def options(folder, tls, user, password):
    """What aiosmtpd needs for this kind of encryption, and the context for a port that speaks TLS from the start."""
    if tls == "none":
        return {}, None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "certificate.key")

    def is_known(server, session, envelope, mechanism, data):
        right = LoginPassword(user.encode(), password.encode())
        # `handled=False` lets aiosmtpd answer; else nobody does, and clients wait.
        return AuthResult(success=data == right, handled=False)

    known = {"authenticator": is_known, "auth_required": True}
    if tls == "starttls":
        return known | {"tls_context": context, "require_starttls": True}, None
    # aiosmtpd does not see the encryption around it.
    return known | {"auth_require_tls": False}, context


async def main():
    folder, port, tls, user, password = sys.argv[1:]
    settings, context = options(Path(folder), tls, user, password)
    keeper = Keeper(Path(folder))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, **settings), "127.0.0.1", int(port), ssl=context)
    await server.serve_forever()


asyncio.run(main())
