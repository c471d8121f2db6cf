"""Writes places.mmdb beside this file: made-up places of addresses that are reserved for documentation."""

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

writer = MMDBWriter(
    ip_version=6,
    ipv4_compatible=True,
    database_type="Countersign-Test-City",
    languages=["en"],
    description="Made-up places of documentation addresses",
)


def place(network, city=None, country=None, code=None):
    record = {}
    if city:
        record["city"] = {"names": {"en": city}}
    if country or code:
        record["country"] = {"iso_code": code, "names": {"en": country} if country else {}}
    writer.insert_network(IPSet([network]), record)


place("203.0.113.0/24", "Austin", "United States", "US")
place("2001:db8::/32", "Malmö", "Sweden", "SE")
place("198.51.100.0/24", None, "Germany", "DE")
place("192.0.2.0/24", None, None, "FR")

writer.to_db_file(Path(__file__).with_suffix(".mmdb"))
