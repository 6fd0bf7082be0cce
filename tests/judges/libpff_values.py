"""Reads stores with libpff's pffexport and prints a JSON line for each item: its title, and its values by their
words in `item_properties.tsv`. Paths come on standard input."""

import datetime
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

TABLE = pathlib.Path(__file__).with_name("item_properties.tsv")
KINDS = {"IPM.Contact": "contact", "IPM.Appointment": "meeting", "IPM.Task": "task", "IPM.StickyNote": "note",
         "IPM.Activity": "journal", "IPM.DistList": "distribution_list"}


def table():
    rows = (line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if line and line[0] != "#")
    return [tuple(row) for row in rows]


def value_sets(path):
    """The values of a file that `pffexport -d` wrote: sets of id, or name, to bytes."""
    sets, key, data, number = [], None, bytearray(), None
    def close():
        nonlocal key, data
        if key is not None:
            while len(sets) <= number:
                sets.append({})
            sets[number][key] = bytes(data)
        key, data = None, bytearray()
    for line in path.read_text("utf-8", "replace").splitlines():
        if line.startswith("Set:"):
            close()
            number = int(line.split()[1])
        elif line.startswith("Entry type:"):
            key = line.split()[-1][-4:]
        elif line.startswith("Maps to entry"):
            key = line.split("\t")[-1]
            key = key[-4:] if key.startswith("0x") else key
        else:
            row = re.match(r"0x[0-9a-f]{8}: ((?:[0-9a-f]{2} {1,2})+)", line[:62] + " ")
            if row:
                data += bytes.fromhex(row[1])
    close()
    return sets


def text(data):
    return data.decode("utf-16-le").rstrip("\0")


def time(data):
    ticks = struct.unpack("<q", data)[0]
    at = datetime.datetime(1601, 1, 1) + datetime.timedelta(microseconds=ticks // 10)
    return at.isoformat(timespec="seconds") + "Z"


def texts(data):
    count = struct.unpack_from("<I", data)[0]
    starts = list(struct.unpack_from(f"<{count}I", data, 4)) + [len(data)]
    return sorted(text(data[one:other]) for one, other in zip(starts, starts[1:]))


READ = {
    "text": text,
    "subject": lambda data: text(data[4:] if data[:2] == b"\1\0" else data),
    "texts": texts,
    "int": lambda data: struct.unpack("<i", data)[0],
    "bool": lambda data: data[0] != 0,
    "time": time,
    "date": lambda data: time(data)[:10],
    "percent": lambda data: round(struct.unpack("<d", data)[0] * 100),
    "bytes": lambda data: data.hex(),
    "html": lambda data: data.decode("utf-8"),
}


def item(folder, rows):
    values = value_sets(folder / "ItemValues.txt")[0]
    name = text(values["001a"])
    kind = "meeting" if name.startswith("IPM.OLE.CLASS") else KINDS.get(name, "email")
    words = {word: READ[how](values[key]) for own, word, key, how in rows if own in ("any", kind) and key in values}
    recipients = folder / "RecipientsItemValues.txt"
    if recipients.exists():
        words["recipients"] = sorted(
            [READ["int"](own["0c15"]), text(own["3001"]), text(own["39fe"] if "39fe" in own else own["3003"])]
            for own in value_sets(recipients))
    files, inside = [], []
    attachments = folder / "Attachments"
    if attachments.is_dir():
        for own in attachments.iterdir():
            if own.is_dir():
                inside.extend(item(found.parent, rows)["words"] for found in own.glob("*/ItemValues.txt"))
            elif own.name != "ItemValues.txt":
                name = own.name.split("_", 1)[1]
                files.append([name, hashlib.sha256(own.read_bytes()).hexdigest()])
        words["files"] = sorted(files)
        words["inside"] = sorted(inside, key=json.dumps)
    return {"title": words.get("subject", ""), "words": words}


def main():
    rows = table()
    for path in map(str.rstrip, sys.stdin):
        with tempfile.TemporaryDirectory() as room:
            target = pathlib.Path(room) / "out"
            subprocess.run(["pffexport", "-q", "-d", "-t", str(target), path], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            for found in sorted(target.with_suffix(".export").rglob("ItemValues.txt")):
                is_item = re.fullmatch(r"[A-Za-z ]+\d{5}", found.parent.name)
                inner = any(part.startswith("Attachment") for part in found.relative_to(target.parent).parts)
                if is_item and not inner:
                    print(json.dumps({"store": path, **item(found.parent, rows)}))


main()
