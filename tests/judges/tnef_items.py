"""What tnefparse reads from messages in transport encapsulation, as JSON lines: the foreign opinion that tests compare ours
with.

usage: tnef_items.py < LIST-OF-PATHS      needs tnefparse

One line per file, `{"file", "props", "attributes", "recipients", "attachments", "rtf"}` or `{"file", "error"}`. A
property is `[id, type, name, value]`, a list has a row for each value; its name is the property set and the number or
text. Texts are texts; bytes are hex, over 64 `sha256:…`, without zeros at their end, since tnefparse does not tell padding
from bytes. `attributes` are all there are: `[level, id, length]`.
"""

import hashlib
import json
import logging
import sys
import uuid

import tnefparse
from tnefparse import tnef as parts

logging.disable(logging.CRITICAL)


def short(data):
    data = bytes(data).rstrip(b"\0")
    return data.hex() if len(data) <= 64 else "sha256:" + hashlib.sha256(data).hexdigest()


def props(attributes):
    rows = []
    for one in attributes or []:
        values = one.raw_data if isinstance(one.raw_data, list) else [one.raw_data]
        name = None
        if one.guid:
            guid = one.guid if isinstance(one.guid, uuid.UUID) else uuid.UUID(str(one.guid))
            name = [str(guid), one.guid_name if one.guid_name is not None else one.guid_prop]
        for value in values:
            value = value.rstrip("\0") if isinstance(value, str) else short(value)
            rows.append([one.name, one.attr_type, name, value])
    return rows


def attachment(own):
    out = {"name": own.long_filename(), "props": props(own.mapi_attrs)}
    embedded = getattr(own, "embed", None)
    if embedded is not None:
        out["message"] = message(embedded)
    else:
        out["data"] = short(own.data or b"")
    return out


def message(own):
    recipients = [one.data for one in own.msgprops if one.name == parts.TNEF.ATTRECIPTABLE]
    out = {
        "props": props(own.mapiprops),
        "attributes": [[one.level, (one.type << 16) + one.name, one.length] for one in own.objects],
        "recipients": [props(row) for rows in recipients for row in rows],
        "attachments": [attachment(one) for one in own.attachments],
    }
    if own._rtfbody:
        out["rtf"] = short(own._rtfbody)
    return out


def main():
    for line in sys.stdin.buffer.read().decode("utf-8").splitlines():
        row = {"file": line}
        try:
            with open(line, "rb") as file:
                row.update(message(tnefparse.TNEF(file.read(), do_checksum=True)))
        except Exception as error:  # whatever tnefparse cannot read is its opinion
            row["error"] = f"{type(error).__name__}: {error}"[:200]
        print(json.dumps(row))


main()
