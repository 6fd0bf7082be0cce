"""What olefile and extract-msg read from MSG files, as JSON lines: the foreign opinion that tests compare ours with.

usage: msg_items.py < LIST-OF-PATHS      needs olefile and extract-msg

One line per file, `{"file", "stored", "seen"}` or `{"file", "error"}`. `stored` is the message as olefile gives its streams:
`{"props", "names", "recipients", "attachments"}`, a property as `[id, type, bytes]` with bytes over 64 as `sha256:…`;
an attachment has `{"props", "data"}` and perhaps "message". `seen` is what extract-msg makes of the same file:
class, subject, sender, date, recipients, body, categories, attachments.
"""

import datetime
import hashlib
import json
import logging
import struct
import sys

import extract_msg
import olefile

logging.disable(logging.CRITICAL)
FIXED = {0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 1, 0x14: 8, 0x40: 8}


def short(data):
    return data.hex() if len(data) <= 64 else "sha256:" + hashlib.sha256(data).hexdigest()


def digest(data):
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


class File:
    """Streams by the path of their storage."""

    def __init__(self, path):
        self.ole = olefile.OleFileIO(path)
        self.held = {}
        for entry in self.ole.listdir(streams=True, storages=True):
            self.held.setdefault(tuple(entry[:-1]), []).append(entry[-1])

    def read(self, path):
        return self.ole.openstream(list(path)).read()

    def is_storage(self, path):
        return self.ole.get_type(list(path)) == olefile.STGTY_STORAGE

    def props(self, storage, header):
        """The entries of the property stream; what they do not hold is in streams beside it."""
        held = {name.upper(): name for name in self.held.get(storage, [])}
        rows = []
        stream = self.read(storage + ("__properties_version1.0",))
        for at in range(header, len(stream) - 15, 16):
            tag, _, value = struct.unpack_from("<II8s", stream, at)
            kind, number = tag & 0xFFFF, tag >> 16
            if number == 0x3701:
                continue
            if kind in FIXED:
                rows.append([number, kind, value[: FIXED[kind]].hex()])
                continue
            name = held.get(f"__SUBSTG1.0_{tag:08X}")
            if name is None or self.is_storage(storage + (name,)):
                rows.append([number, kind, None])
                continue
            data = self.read(storage + (name,))
            if kind in (0x101E, 0x101F, 0x1102):
                each = 8 if kind == 0x1102 else 4
                names = [f"__SUBSTG1.0_{tag:08X}-{n:08X}" for n in range(len(data) // each)]
                data = [self.read(storage + (held[name],)) for name in names]
                rows.append([number, kind, [short(cut(value, kind & 0xFFF)) for value in data]])
            else:
                rows.append([number, kind, short(cut(data, kind))])
        return rows

    def names(self):
        part = lambda which: self.read(("__nameid_version1.0", f"__substg1.0_{which}0102"))
        try:
            guids, entries, strings = part("0002"), part("0003"), part("0004")
        except OSError:
            return {}
        names = {}
        for at in range(0, len(entries) - 7, 8):
            number, info, index = struct.unpack_from("<IHH", entries, at)
            which = info >> 1
            guid = {1: "ps_mapi", 2: "ps_public"}.get(which) or guids[(which - 3) * 16 :][:16].hex()
            if info & 1:
                size = struct.unpack_from("<I", strings, number)[0]
                number = strings[number + 4 :][:size].decode("utf-16-le")
            names[0x8000 + at // 8] = [guid, number]
            assert index == at // 8, "the index of a name is not its place"
        return names

    def message(self, storage, header):
        out = {"props": self.props(storage, header), "recipients": [], "attachments": []}
        for name in sorted(self.held.get(storage, []), key=str.upper):
            path = storage + (name,)
            if name.startswith("__recip_version1.0_#"):
                out["recipients"].append(self.props(path, 8))
            elif name.startswith("__attach_version1.0_#"):
                out["attachments"].append(self.attachment(path))
        return out

    def attachment(self, storage):
        out = {"props": self.props(storage, 8), "data": None}
        held = self.held.get(storage, [])
        if "__substg1.0_37010102" in held:
            out["data"] = digest(self.read(storage + ("__substg1.0_37010102",)))
        path = storage + ("__substg1.0_3701000D",)
        if "__substg1.0_3701000D" in held:
            if "__properties_version1.0" in self.held.get(path, []):
                out["message"] = self.message(path, 24)
            else:
                out["storage"] = dict(self.streams(path, ()))
        return out

    def streams(self, storage, inside):
        for name in self.held.get(storage, []):
            path = storage + (name,)
            if self.is_storage(path):
                yield from self.streams(path, inside + (name,))
            else:
                yield "/".join(inside + (name,)), digest(self.read(path))


def cut(data, kind):
    """Text without the NULs at its end, which some writers count and others do not."""
    if kind == 0x1E:
        return data.rstrip(b"\0")
    while kind == 0x1F and len(data) % 2 == 0 and data.endswith(b"\0\0"):
        data = data[:-2]
    return data


def utc(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat() if value.tzinfo else value.isoformat()
    return None


def seen(message, depth=0):
    """What extract-msg makes of a message; what it cannot, is None."""

    def get(name):
        try:
            value = getattr(message, name, None)
            value = value.decode("latin-1") if isinstance(value, bytes) else value
            return value.rstrip("\0") if isinstance(value, str) else value
        except Exception:  # an opinion that fails is none
            return None

    out = {
        "class": get("classType"),
        "subject": get("subject"),
        "body": get("body"),
        "date": utc(get("date")),
        "recipients": [],
        "attachments": [],
    }
    for recipient in get("recipients") or []:
        out["recipients"].append({"name": (recipient.name or "").rstrip("\0"), "email": recipient.email, "type": int(recipient.type or 0) & 15})
    for attachment in get("attachments") or []:
        row = {"name": getattr(attachment, "longFilename", None), "kind": type(attachment).__name__}
        data = getattr(attachment, "data", None)
        if isinstance(data, bytes):
            row.update(digest(data))
        elif isinstance(data, extract_msg.MSGFile) and depth < 8:
            row["message"] = seen(data, depth + 1)
        out["attachments"].append(row)
    return out


def main():
    for line in sys.stdin.buffer.read().decode("utf-8").splitlines():
        row = {"file": line}
        try:
            file = File(line)
            row["stored"] = file.message((), 32)
            row["names"] = file.names()
        except Exception as error:  # whatever olefile cannot read is its opinion
            row = {"file": line, "error": f"{type(error).__name__}: {error}"[:200]}
        try:
            behavior = extract_msg.enums.ErrorBehavior.SUPPRESS_ALL
            with extract_msg.openMsg(line, errorBehavior=behavior) as message:
                row["seen"] = seen(message)
        except Exception as error:
            row["not_seen"] = f"{type(error).__name__}: {error}"[:200]
        print(json.dumps(row))


main()
