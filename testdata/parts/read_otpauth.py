"""What pyotp reads in the address of a QR code, and its code at a time in seconds: one line of JSON.

    read_otpauth.py ADDRESS TIME
"""

import json
import sys

import pyotp

address, time = sys.argv[1:]
app = pyotp.parse_uri(address)
print(
    json.dumps(
        {
            "issuer": app.issuer,
            "account": app.name,
            "algorithm": app.digest().name.upper(),
            "digits": app.digits,
            "period": app.interval,
            "code": app.at(int(time)),
        }
    )
)
