"""What psql and pg_dump 15 wrote of a small Harbor database, and its secrets."""

from pathlib import Path

FOLDER = Path(__file__).parent / "recorded"
CSV = FOLDER / "harbor.csv"
DUMP = FOLDER / "registry.sql"

SECRETS = {
    "acme+ci": "Harbor12345CiCiCiCiCiCiCiCiCiCiC",
    "acme+reader": "ReaderReader1ReaderReader1Reader",
    "acme+cleaner": "Cleaner1",
    "lab+ci": "LabLabLab1LabLabLab1",
}
"""Of the robots that can be brought."""

LEFT_OUT = {
    "everywhere": "it is of the whole Harbor",
    "one-project": "it is of the whole Harbor",
    "acme+expired": "it expired at 2020-09-13T12:26:40+00:00",
    "old+ci": "its project is gone",
    "acme+x": "a robot cannot have this name here",
}
"""Robots that cannot, and how the reason begins."""

HASHES = [
    line.split("\t")[9]
    for line in DUMP.read_text().splitlines()
    if line.count("\t") == 11 and "\\N" not in line.split("\t")[9]
]
"""All that is kept of secrets there: nothing of it may be shown."""
