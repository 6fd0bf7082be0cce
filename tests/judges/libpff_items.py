"""What libpff reads from stores, as JSON lines: the foreign opinion that tests compare ours with.

usage: libpff_items.py < LIST-OF-PATHS      needs libpff-python (module pypff)

One line per message, `{"store", "nid", "orphan", "in_folder", "class", "subject", "plain", "properties", "recipients",
"attachments"}`; one per folder, `{"store", "folder"}`; one per thing that libpff cannot read, `{"store", "error"}`.
A property is `[id, type, bytes]`; bytes over 64 are `sha256:…`. A message attached stands in its attachment as
"message". Nothing is interpreted: what libpff hands out is what stands here.
"""

import hashlib
import json
import sys

import pypff

DEPTH = 8


def stored(data, whole=False):
    """Bytes in a form that is short and can be compared; class and subject are kept whole."""
    data = data or b""
    return data.hex() if whole or len(data) <= 64 else "sha256:" + hashlib.sha256(data).hexdigest()


def cut(data, kind):
    """The bytes of a text up to its first NUL, where every reader ends it; other bytes as they are."""
    data = data or b""
    if kind == 0x1E:
        return data.split(b"\0", 1)[0]
    if kind == 0x1F:
        for at in range(0, len(data) - 1, 2):
            if data[at : at + 2] == b"\0\0":
                return data[:at]
    return data


def sets(item):
    """Every record set of an item: a list of lists of properties."""
    out = []
    for number in range(item.number_of_record_sets):
        try:
            record_set = item.get_record_set(number)
        except (OSError, MemoryError) as error:
            out.append([["error", str(error)[:200]]])
            continue
        rows = []
        for index in range(record_set.number_of_entries):
            try:
                entry = record_set.get_entry(index)
                kind, data = entry.value_type, cut(entry.data, entry.value_type)
                rows.append([entry.entry_type, kind, stored(data, entry.entry_type in (0x1A, 0x37))])
            except (OSError, MemoryError) as error:
                rows.append(["error", str(error)[:200]])
        out.append(rows)
    return out


def text(properties, wanted):
    """The UTF-16 or 8-bit text of a short property, or None."""
    for row in properties:
        if row[0] == wanted and not row[2].startswith("sha256:"):
            data = bytes.fromhex(row[2])
            if row[1] == 0x1F:
                return data.decode("utf-16-le", "replace").rstrip("\0")
            if row[1] == 0x1E:
                return data.decode("latin-1").rstrip("\0")
    return None


def attempt(read):
    """The value, or None where libpff has none or fails."""
    try:
        return read()
    except (OSError, MemoryError):
        return None


def attachment(item, depth):
    out = {"properties": (sets(item) or [[]])[0]}
    size = attempt(item.get_size)
    out["size"] = size
    if size:
        digest, left = hashlib.sha256(), size
        try:
            item.seek_offset(0, 0)
            while left > 0:
                data = item.read_buffer(min(left, 1 << 20))
                if not data:
                    break
                digest.update(data)
                left -= len(data)
            out["sha256"] = digest.hexdigest() if left == 0 else None
        except (OSError, MemoryError) as error:
            out["error"] = str(error)[:200]
    inner = attempt(lambda: item.get_sub_item(0)) if item.number_of_sub_items else None
    if inner is not None and depth < DEPTH:
        out["message"] = message(inner, depth + 1)
    return out


def message(item, depth=0):
    properties = (sets(item) or [[]])[0]
    out = {"nid": item.identifier, "class": text(properties, 0x1A), "properties": properties}
    if not hasattr(item, "get_subject"):
        return out
    out["subject"] = attempt(item.get_subject)
    out["sender"] = attempt(item.get_sender_name)
    for name, read in (
        ("sent", item.get_client_submit_time_as_integer),
        ("received", item.get_delivery_time_as_integer),
        ("created", item.get_creation_time_as_integer),
        ("modified", item.get_modification_time_as_integer),
    ):
        out[name] = attempt(read)
    for name, read in (
        ("plain", item.get_plain_text_body),
        ("html", item.get_html_body),
        ("rtf", item.get_rtf_body),
    ):
        body = attempt(read)
        out[name] = None if body is None else hashlib.sha256(
            body if isinstance(body, bytes) else body.encode()
        ).hexdigest()
    recipients = attempt(lambda: item.recipients)
    out["recipients"] = sets(recipients) if recipients is not None else []
    out["attachments"] = []
    for number in range(attempt(item.get_number_of_attachments) or 0):
        try:
            out["attachments"].append(attachment(item.get_attachment(number), depth))
        except (OSError, MemoryError) as error:
            out["attachments"].append({"error": str(error)[:200]})
    return out


def main():
    for path in map(str.rstrip, sys.stdin):
        def say(**line):
            print(json.dumps({"store": path, **line}))

        store = pypff.file()
        try:
            store.open(path)
        except (OSError, MemoryError) as error:
            say(error=str(error)[:300])
            continue

        def walk(folder, name):
            say(folder=name)
            count = attempt(folder.get_number_of_sub_messages)
            if count is None:
                say(error=f"{name}: messages cannot be listed")
            for number in range(count or 0):
                try:
                    say(in_folder=name, orphan=False, **message(folder.get_sub_message(number)))
                except (OSError, MemoryError) as error:
                    say(error=f"{name}: message {number}: {error}"[:300])
            for number in range(attempt(folder.get_number_of_sub_folders) or 0):
                try:
                    below = folder.get_sub_folder(number)
                except (OSError, MemoryError) as error:
                    say(error=f"{name}: folder {number}: {error}"[:300])
                    continue
                walk(below, f"{name}/{attempt(below.get_name) or ''}")

        root = attempt(store.get_root_folder)
        if root is None:
            say(error="no root folder")
        else:
            walk(root, "")
        for number in range(attempt(store.get_number_of_orphan_items) or 0):
            try:
                item = store.get_orphan_item(number)
                if item.identifier & 31 == 4:
                    say(in_folder=None, orphan=True, **message(item))
            except (OSError, MemoryError) as error:
                say(error=f"orphan {number}: {error}"[:300])
        store.close()


main()
