"""Sends one mail by Python's own client, as somebody who knows nothing of Countersign.

    send_mail.py PORT starttls|implicit|none AUTHORITY USER PASSWORD RECEIVER SUBJECT

Prints `sent`, or what the server said in its place.
"""

import smtplib
import ssl
import sys
from email.message import EmailMessage


def connect(port, tls, authority):
    if tls == "none":
        return smtplib.SMTP("localhost", port)
    context = ssl.create_default_context(cafile=authority)
    if tls == "implicit":
        return smtplib.SMTP_SSL("localhost", port, context=context)
    server = smtplib.SMTP("localhost", port)
    server.starttls(context=context)
    return server


def mail(receiver, subject):
    message = EmailMessage()
    message["From"] = "Trackwell <security@example.com>"
    message["To"] = receiver
    message["Subject"] = subject
    message.set_content("Grüße\n")
    message.add_alternative("<p>Grüße</p>\n", subtype="html")
    return message


def main():
    port, tls, authority, user, password, receiver, subject = sys.argv[1:]
    try:
        with connect(int(port), tls, authority) as server:
            if user:
                server.login(user, password)
            server.send_message(mail(receiver, subject))
            print("sent")
    except smtplib.SMTPRecipientsRefused as refused:
        print(refused.recipients[receiver][0])
    except smtplib.SMTPResponseException as refused:
        print(refused.smtp_code)
    except smtplib.SMTPServerDisconnected:
        print("disconnected")


main()
