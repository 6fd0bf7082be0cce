#!/usr/bin/env python3
"""Verify airbridge bundles (.abx): an independent Verifier, written from bundle.md.

    python3 verify.py FILE.abx [MORE PARTS] --allowed-signers F [--from P] [--to P] [--link L] [--ledger F]
    python3 verify.py --vectors DIR
    python3 verify.py FILE.abx --allowed-signers F --mutations {flips,repaired,cuts}

Exit code: 0 accepted, 4 not accepted (the step of bundle.md, section 9, is printed), 2 wrong usage.
Needs Python 3.9 and the package `cryptography` for Ed25519; all the rest is the standard library.
"""

import argparse
import base64
import binascii
import datetime
import functools
import hashlib
import json
import multiprocessing
import os
import re
import struct
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# Section 13: limits.
PART_BYTES = 2_000_000_000
PART_ENTRIES = 60_000
PART_INFLATED = 64 << 30
PARTS = 999
HEAD_BYTES = 64 << 10
SIGNATURE_BYTES = 4 << 10
INDEX_BYTES = 32 << 20
LINE_BYTES = 64 << 20
JSON_DEPTH = 120

MIMETYPE = b"application/vnd.airbridge.bundle+zip"
FORMAT = "airbridge-bundle-1"
NAMESPACE = b"airbridge-bundle-v1"
MAX_INTEGER = (1 << 53) - 1
CHUNK = 1 << 16

PARTY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
ENTRY_NAME = re.compile(
    r"data/(?:records/(?P<kind>[a-z_]{1,32})/(?P<shard>[0-9]{8})\.jsonl"
    r"|blobs/sha256/(?P<two>[0-9a-f]{2})/(?P<blob>[0-9a-f]{64})"
    r"|(?P<stream>links|acks|conflicts|report)\.jsonl|(?P<csv>contacts\.csv))"
)


class Fault(Exception):
    """The step that failed, the place, and what was found."""

    def __init__(self, step, place, detail):
        super().__init__(f"{place}: {detail} [{step}]" if place else f"{detail} [{step}]")
        self.step = step


class Memory:
    """Bytes in memory, read by position."""

    def __init__(self, name, data):
        self.name, self.data, self.size = name, data, len(data)

    def read(self, offset, length):
        data = self.data[offset : offset + length]
        if len(data) != length:
            raise Fault("read", "", "the file is shorter than it was")
        return data


class File:
    """A file that is opened once, read by position."""

    def __init__(self, path):
        self.name = path
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size

    def read(self, offset, length):
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise Fault("read", "", "the file is shorter than it was")
        return data


# Section 3: container.


def shared_fields(name, method, crc, csize, size):
    return struct.pack("<HHHHHIIIHH", 20, 0, method, 0, 0x21, crc, csize, size, len(name), 0)


def local_header(name, method, crc, csize, size):
    return b"PK\x03\x04" + shared_fields(name, method, crc, csize, size) + name


def central_header(name, method, crc, csize, size, offset):
    fields = shared_fields(name, method, crc, csize, size)
    rest = struct.pack("<HHHII", 0, 0, 0, 0, offset)
    return b"PK\x01\x02" + struct.pack("<H", 20) + fields + rest + name


def end_record(entries, size, offset):
    return b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, entries, entries, size, offset, 0)


# Section 5: canonical JSON.


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def integer(text):
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise ValueError("an integer is beyond 2^53 - 1")
    return value


def not_integer(text):
    raise ValueError(f"{text} is not an integer")


def sort_members(value, depth=0):
    if isinstance(value, (dict, list)) and depth >= JSON_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: sort_members(value[name], depth + 1) for name in names}
    if isinstance(value, list):
        return [sort_members(element, depth + 1) for element in value]
    return value


def parse_json(data):
    """The value that canonical bytes stand for; ValueError for any other bytes."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=no_duplicates,
            parse_int=integer,
            parse_float=not_integer,
            parse_constant=not_integer,
        )
        again = json.dumps(sort_members(value), ensure_ascii=False, separators=(",", ":"))
        if again.encode("utf-8") != data:
            raise ValueError("not in canonical form")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


# Section 10: signature.


@functools.lru_cache(maxsize=1 << 16)
def ed25519_strict(key, signature, message):
    small_y = {
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    }
    for point in (key, signature[:32]):
        if (point[:31] + bytes([point[31] & 0x7F])).hex() in small_y:
            return False
    order = 2**252 + 27742317777372353535851937790883648493
    if int.from_bytes(signature[32:], "little") >= order:
        return False
    try:
        # OpenSSL checks the cofactorless equation and compares R by its bytes.
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def ssh_string(data):
    return struct.pack(">I", len(data)) + data


class Wire:
    """SSH wire format, RFC 4251, section 5."""

    def __init__(self, data):
        self.data = data

    def take(self, length):
        if length > len(self.data):
            raise ValueError("the signature ends early")
        taken, self.data = self.data[:length], self.data[length:]
        return taken

    def number(self):
        return struct.unpack(">I", self.take(4))[0]

    def string(self):
        return self.take(self.number())


def armour(blob):
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    return ("\n".join([begin, *lines, end]) + "\n").encode()


def parse_signature(armoured):
    """Key, signature and namespace; ValueError if the form is wrong."""
    lines = armoured.split(b"\n")
    try:
        blob = base64.b64decode(b"".join(lines[1:-2]), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None
    if armour(blob) != armoured:
        raise ValueError("not one armoured signature in its only encoding")
    wire = Wire(blob)
    if wire.take(6) != b"SSHSIG" or wire.number() != 1:
        raise ValueError("not an SSH signature of version 1")
    key, namespace, reserved, algorithm, signature = (wire.string() for _ in range(5))
    if wire.data:
        raise ValueError("bytes after the signature")
    key, signature = Wire(key), Wire(signature)
    if key.string() != b"ssh-ed25519" or signature.string() != b"ssh-ed25519":
        raise ValueError("not Ed25519")
    key_bytes, signature_bytes = key.string(), signature.string()
    if key.data or signature.data or len(key_bytes) != 32 or len(signature_bytes) != 64:
        raise ValueError("key or signature of the wrong length")
    if reserved or algorithm != b"sha512" or not namespace:
        raise ValueError("reserved field, hash algorithm or namespace")
    namespace.decode("utf-8")
    return key_bytes, signature_bytes, namespace


def signature_fits(key, signature, head):
    digest = hashlib.sha512(head).digest()
    fields = [NAMESPACE, b"", b"sha512", digest]
    return ed25519_strict(key, signature, b"SSHSIG" + b"".join(map(ssh_string, fields)))


# Section 11: trust.


def parse_key(text):
    kind, _, blob = text.partition(" ")
    data = base64.b64decode(blob, validate=True)
    if kind != "ssh-ed25519" or base64.b64encode(data).decode() != blob:
        raise ValueError("not an ssh-ed25519 key")
    wire = Wire(data)
    if wire.string() != b"ssh-ed25519":
        raise ValueError("not an ssh-ed25519 key")
    key = wire.string()
    if wire.data or len(key) != 32:
        raise ValueError("a key of the wrong length")
    return key


def parse_time(text):
    found = re.fullmatch(r"([0-9]{8})([0-9]{4})?([0-9]{2})?Z", text)
    if not found:
        raise ValueError(f"{text} is not a time in UTC")
    digits = "".join(part or "" for part in found.groups()).ljust(14, "0")
    return datetime.datetime.strptime(digits, "%Y%m%d%H%M%S")


def parse_trust(text):
    """One (parties, namespaces, after, before, key) for each line."""
    trust = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
            parties = words.pop(0).strip('"').split(",")
            if not all(PARTY.fullmatch(party) for party in parties):
                raise ValueError("names of parties are written in full")
            namespaces, after, before = [], None, None
            if not words[0].startswith("ssh-"):
                for option in re.findall(r'(?:[^,"]|"[^"]*")+', words.pop(0)):
                    name, _, value = option.partition("=")
                    if not re.fullmatch(r'"[^"]*"', value):
                        raise ValueError(f"unknown option {option}")
                    value = value[1:-1]
                    if name.lower() == "namespaces":
                        namespaces = value.split(",")
                        if not all(re.fullmatch(r"[^*?!]+", name) for name in namespaces):
                            raise ValueError("namespaces are written in full")
                    elif name.lower() == "valid-after":
                        after = parse_time(value)
                    elif name.lower() == "valid-before":
                        before = parse_time(value)
                    else:
                        raise ValueError(f"unknown option {option}")
            trust.append((parties, namespaces, after, before, parse_key(" ".join(words[:2]))))
        except (ValueError, IndexError) as error:
            raise ValueError(f"line {number}: {error}") from None
    return trust


def in_namespace(namespaces):
    return not namespaces or NAMESPACE.decode() in namespaces


# Section 6: head.


def parse_created(text):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise ValueError("`created` is not YYYY-MM-DDTHH:MM:SSZ")
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def number(value, least=0):
    return type(value) is int and value >= least


def digest(value):
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def party(value):
    return isinstance(value, str) and PARTY.fullmatch(value) is not None


def members(value, *names):
    return isinstance(value, dict) and all(name in value for name in names)


def check_head(head):
    if not members(head, "format"):
        raise Fault("head.format", "META/head.json", "`format` is absent")
    if head["format"] != FORMAT:
        raise Fault("head.format", "META/head.json", f"format is {head['format']!r}")

    def rule(holds, what):
        if not holds:
            raise Fault("head.form", "META/head.json", what)

    names = "crit link from to kind epoch seq part set prev base ack created index accounting producer"
    for name in names.split():
        rule(name in head, f"missing member {name}")
    crit, part, base, ack = head["crit"], head["part"], head["base"], head["ack"]
    rule(isinstance(crit, list) and all(isinstance(name, str) for name in crit), "`crit`")
    index, sums = head["index"], head["accounting"]
    rule(members(index, "sha256", "size", "entries") and digest(index["sha256"]), "`index`")
    rule(number(index["size"]) and number(index["entries"]), "`index`")
    outcomes = ("exported", "unchanged", "excluded", "failed")
    rule(members(sums, "seen", *outcomes), "`accounting`")
    rule(all(number(sums[name]) for name in ("seen", *outcomes)), "`accounting`")
    if crit:
        raise Fault("head.format", "META/head.json", f"needs the extensions {crit}")
    archive = head["kind"] == "archive"
    rule(re.fullmatch(r"[0-9a-f]{32}", str(head["link"])) and isinstance(head["link"], str), "`link`")
    rule(party(head["from"]) and party(head["to"]), "`from` or `to`")
    rule(head["kind"] in ("delta", "snapshot", "ack", "keyroll", "archive"), "`kind`")
    rule(number(head["epoch"]) and archive == (head["epoch"] == 0), "`epoch`")
    rule(number(head["seq"]) and archive == (head["seq"] == 0), "`seq`")
    rule(isinstance(part, list) and len(part) == 2 and all(number(n, 1) for n in part), "`part`")
    rule(part[0] <= part[1] <= PARTS, "`part`")
    rule(digest(head["set"]), "`set`")
    rule(head["prev"] is None or digest(head["prev"]), "`prev`")
    rule((head["prev"] is None) == (archive or head["seq"] == 1), "`prev` and `seq`")
    if base is not None:
        rule(members(base, "head", "seq") and digest(base["head"]), "`base`")
        rule(number(base["seq"], 1) and base["seq"] < head["seq"], "`base`")
    if ack is not None:
        rule(members(ack, "epoch", "head", "seq") and digest(ack["head"]), "`ack`")
        rule(number(ack["seq"], 1) and number(ack["epoch"], 1), "`ack`")
    rule(not archive or (base is None and ack is None), "an archive has no `base` or `ack`")
    try:
        rule(isinstance(head["created"], str) and parse_created(head["created"]), "`created`")
    except ValueError as error:
        rule(False, str(error))
    rule(index["size"] <= INDEX_BYTES and index["entries"] <= PART_ENTRIES, "`index` is over limits")
    rule(sums["seen"] == sum(sums[name] for name in outcomes), "`accounting` does not add up")
    producer = head["producer"]
    rule(isinstance(producer, str) and re.fullmatch(r"[ -~]{1,128}", producer), "`producer`")
    rule(("next_key" in head) == (head["kind"] == "keyroll"), "`next_key` and `kind`")
    rule(isinstance(head.get("next_key", ""), str), "`next_key`")
    rule(head.get("prefer", "newest") in ("outlook", "crm", "newest"), "`prefer`")


# Section 9: verification.


class Part:
    """One file of a set, as far as it has been verified."""

    def __init__(self, handle, trust):
        """Steps 1 to 9."""
        self.handle = handle
        first = (b"mimetype", 0, zlib.crc32(MIMETYPE), len(MIMETYPE), len(MIMETYPE))
        magic = local_header(*first) + MIMETYPE
        if not len(magic) <= handle.size <= PART_BYTES:
            raise Fault("size", "", f"is {handle.size} bytes")
        if handle.read(0, len(magic)) != magic:
            raise Fault("mimetype", "mimetype", "does not begin as a bundle")
        self.directory = central_header(*first, 0)
        self.offset = len(magic)
        self.count = 1
        head = self.meta("META/head.json", HEAD_BYTES)
        place = "META/head.json.sig"
        armoured = self.meta(place, SIGNATURE_BYTES)
        try:
            key, signature, namespace = parse_signature(armoured)
        except ValueError as error:
            raise Fault("signature.form", place, str(error)) from None
        if namespace != NAMESPACE:
            raise Fault("signature.namespace", place, f"is made for {namespace!r}")
        if not any(line[4] == key and in_namespace(line[1]) for line in trust):
            raise Fault("signature.key", place, "its key is not pinned")
        if not signature_fits(key, signature, head):
            raise Fault("signature.value", place, "does not fit the head")
        try:
            self.head = parse_json(head)
        except ValueError as error:
            raise Fault("head.form", "META/head.json", str(error)) from None
        check_head(self.head)
        self.id = hashlib.sha256(head).hexdigest()
        self.check_key(key, trust)
        if self.head["kind"] == "keyroll":
            self.check_next_key(key, head)

    def meta(self, name, limit):
        """The next entry before the payload."""
        header_size = 30 + len(name)
        if self.offset + header_size > self.handle.size:
            raise Fault("prologue", name, "the file ends before it")
        header = self.handle.read(self.offset, header_size)
        size = struct.unpack("<I", header[18:22])[0]
        end = self.offset + header_size + size
        if size > limit or end > self.handle.size:
            raise Fault("prologue", name, f"states {size} bytes")
        data = self.handle.read(self.offset + header_size, size)
        fields = (name.encode(), 0, zlib.crc32(data), size, size)
        if local_header(*fields) != header:
            raise Fault("prologue", name, "its header is not the one of the format")
        self.directory += central_header(*fields, self.offset)
        self.offset = end
        self.count += 1
        return data

    def check_key(self, key, trust):
        created = parse_created(self.head["created"])
        for parties, namespaces, after, before, pinned in trust:
            if pinned == key and in_namespace(namespaces) and self.head["from"] in parties:
                if (after is None or created >= after) and (before is None or created < before):
                    return
        raise Fault("head.key", "META/head.json", "the key is not the sender's at that time")

    def check_next_key(self, key, head):
        place = "META/head.json.sig.new"
        armoured = self.meta(place, SIGNATURE_BYTES)
        try:
            next_key = parse_key(self.head["next_key"])
            signer, signature, namespace = parse_signature(armoured)
        except ValueError as error:
            raise Fault("keyroll", place, str(error)) from None
        if namespace != NAMESPACE or signer != next_key or next_key == key:
            raise Fault("keyroll", place, "is not by `next_key`")
        if not signature_fits(next_key, signature, head):
            raise Fault("keyroll", place, "does not fit the head")

    def check_contents(self, recount):
        """Steps 13 to 16."""
        index = self.meta("META/index.jsonl", INDEX_BYTES)
        stated = self.head["index"]
        if len(index) != stated["size"] or hashlib.sha256(index).hexdigest() != stated["sha256"]:
            raise Fault("index.hash", "META/index.jsonl", "is not the index that the head signs")
        self.entries = parse_index(index, stated["entries"])
        end = self.offset
        directory_size = len(self.directory)
        for entry in self.entries:
            end += 30 + len(entry["name"]) + entry["csize"]
            directory_size += 46 + len(entry["name"])
        if end + directory_size + 22 != self.handle.size:
            raise Fault("length", "", f"is {self.handle.size} bytes")
        for entry in self.entries:
            self.check_entry(entry, recount)
        directory = self.directory + end_record(self.count, len(self.directory), self.offset)
        if self.handle.read(self.offset, len(directory)) != directory:
            raise Fault("directory", "zip directory", "is not the one that the index gives")

    def check_entry(self, entry, recount):
        """Step 15."""
        name = entry["name"]
        header_size = 30 + len(name)
        start = self.offset + header_size
        hasher = hashlib.sha256()
        for chunk in self.chunks(start, entry["csize"]):
            hasher.update(chunk)
        if hasher.hexdigest() != entry["csha256"]:
            raise Fault("entry.stored", name, "its stored bytes have another SHA-256")
        lines = Lines(name, recount) if name.endswith(".jsonl") else None
        hasher, crc = hashlib.sha256(), 0
        for chunk in self.inflated(entry, start):
            hasher.update(chunk)
            crc = zlib.crc32(chunk, crc)
            if lines:
                lines.feed(chunk)
        if hasher.hexdigest() != entry["sha256"]:
            raise Fault("entry.content", name, "its bytes have another SHA-256")
        if lines:
            lines.finish()
        method = 8 if entry["method"] == "deflate" else 0
        fields = (name.encode(), method, crc, entry["csize"], entry["size"])
        if self.handle.read(self.offset, header_size) != local_header(*fields):
            raise Fault("entry.header", name, "its header is not the one that the index gives it")
        self.directory += central_header(*fields, self.offset)
        self.offset = start + entry["csize"]
        self.count += 1

    def chunks(self, offset, size):
        while size:
            length = min(size, CHUNK)
            yield self.handle.read(offset, length)
            offset, size = offset + length, size - length

    def inflated(self, entry, start):
        if entry["method"] == "store":
            yield from self.chunks(start, entry["csize"])
            return
        engine, total = zlib.decompressobj(-15), 0
        for chunk in self.chunks(start, entry["csize"]):
            while chunk:
                if engine.eof:
                    raise Fault("entry.content", entry["name"], "bytes after the end of the stream")
                try:
                    data = engine.decompress(chunk, CHUNK)
                except zlib.error as error:
                    raise Fault("entry.content", entry["name"], str(error)) from None
                total += len(data)
                if total > entry["size"]:
                    raise Fault("entry.content", entry["name"], "inflates to more than its size")
                yield data
                chunk = engine.unconsumed_tail
        while not engine.eof:
            # Output that is still held back by the cap on each step.
            data = engine.decompress(b"", CHUNK)
            total += len(data)
            if total > entry["size"] or not (data or engine.eof):
                break
            yield data
        if not engine.eof or engine.unused_data or total != entry["size"]:
            raise Fault("entry.content", entry["name"], "does not inflate to its size")


def parse_index(index, count):
    def rule(holds, what):
        if not holds:
            raise Fault("index.form", "META/index.jsonl", what)

    rule(not index or index.endswith(b"\n"), "the last line has no end")
    lines = index.split(b"\n")[:-1]
    rule(len(lines) == count <= PART_ENTRIES, f"has {len(lines)} lines")
    entries, names, total = [], set(), 0
    for line in lines:
        try:
            entry = parse_json(line)
        except ValueError as error:
            rule(False, str(error))
        fields = {"csha256", "csize", "method", "name", "sha256", "size"}
        rule(isinstance(entry, dict) and set(entry) == fields, "members")
        name = entry["name"]
        rule(isinstance(name, str) and ENTRY_NAME.fullmatch(name), f"{name!r} is not a name")
        found = ENTRY_NAME.fullmatch(name)
        rule(digest(entry["csha256"]) and digest(entry["sha256"]), "hashes")
        rule(number(entry["csize"]) and number(entry["size"]), "sizes")
        rule(max(entry["csize"], entry["size"]) <= PART_BYTES, "sizes")
        rule(entry["method"] in ("store", "deflate"), "method")
        same = entry["csize"] == entry["size"] and entry["csha256"] == entry["sha256"]
        rule(entry["method"] == "deflate" or same, "two sizes or hashes of a stored entry")
        if found["blob"]:
            rule(found["two"] == found["blob"][:2], f"{name!r} is not a name")
            rule(found["blob"] == entry["sha256"], "a blob is not named by its SHA-256")
        total += entry["size"]
        rule(total <= PART_INFLATED, "inflates to over 64 GiB")
        rule(name not in names, f"{name} is there twice")
        names.add(name)
        entries.append(entry)
    return entries


class Recount:
    """Section 8."""

    def __init__(self):
        self.sums = dict.fromkeys(("seen", "exported", "unchanged", "excluded", "failed"), 0)
        self.records, self.reported = set(), set()

    def line(self, line):
        outcome, count = line.get("outcome"), line.get("count")
        if outcome not in ("exported", "unchanged", "excluded", "failed"):
            raise ValueError("`outcome`")
        if count is not None and not number(count, 1):
            raise ValueError("`count`")
        if outcome in ("excluded", "failed") and not isinstance(line.get("reason"), str):
            raise ValueError("no `reason`")
        if outcome == "exported":
            if not isinstance(line.get("item"), str) or count is not None:
                raise ValueError("an exported item needs `item` and no `count`")
            self.reported.add(line["item"])
        self.sums[outcome] += count or 1
        self.sums["seen"] += count or 1

    def check(self, stated):
        if any(stated[name] != value for name, value in self.sums.items()):
            raise Fault("accounting", "", f"the report adds up to {self.sums}, the head: {stated}")
        if self.records != self.reported:
            raise Fault("accounting", "", "records and exported lines are not of the same items")


class Lines:
    """The lines of an entry, as they come. The first fault waits for the hash of the entry."""

    def __init__(self, name, recount):
        self.name, self.recount = name, recount
        self.rest, self.number, self.fault = b"", 0, None

    def feed(self, data):
        if self.fault:
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.number += 1
            try:
                self.line(line)
            except ValueError as error:
                self.fault = Fault("line", f"{self.name}, line {self.number}", str(error))
                return
        if len(self.rest) > LINE_BYTES:
            self.fault = Fault("line", self.name, "a line is over 64 MiB")

    def line(self, line):
        value = parse_json(line)
        if not isinstance(value, dict):
            raise ValueError("not an object")
        if self.name.startswith("data/records/"):
            if not isinstance(value.get("id"), str):
                raise ValueError("a record without `id`")
            self.recount.records.add(value["id"])
        elif self.name == "data/report.jsonl":
            self.recount.line(value)

    def finish(self):
        if self.fault:
            raise self.fault
        if self.rest or not self.number:
            raise Fault("line", self.name, "the entry does not end with a line")


def check_set(parts):
    """Step 10."""

    def common(part):
        return {name: value for name, value in part.head.items() if name not in ("part", "index")}

    first = parts[0]
    if any(common(part) != common(first) for part in parts):
        raise Fault("set.mixed", "META/head.json", "the parts are not of one set")
    if [part.head["part"][0] for part in parts] != list(range(1, first.head["part"][1] + 1)):
        raise Fault("set.incomplete", "META/head.json", "parts are missing")
    text = "airbridge-bundle-v1 set\n"
    text += "".join(part.head["index"]["sha256"] + "\n" for part in parts)
    if hashlib.sha256(text.encode()).hexdigest() != first.head["set"]:
        raise Fault("set.mixed", "META/head.json", "`set` is not the hash of the indexes")


def check_pairing(head, link, sender, recipient):
    """Step 11."""
    if link is not None and head["link"] != link:
        raise Fault("pairing.link", "META/head.json", f"is of pairing {head['link']}")
    if head["from"] == recipient != sender and head["kind"] != "archive":
        raise Fault("pairing.reflection", "META/head.json", f"is from {recipient} itself")
    if sender is not None and head["from"] != sender:
        raise Fault("pairing.from", "META/head.json", f"is from {head['from']}")
    if recipient is not None and head["to"] != recipient:
        raise Fault("pairing.to", "META/head.json", f"is for {head['to']}")


def check_sequence(head, own_id, ledger):
    """Step 12, section 12."""

    def fail(step, detail):
        raise Fault("sequence." + step, "META/head.json", detail)

    if head["kind"] == "archive":
        return
    received, sent = ledger.get("received", []), ledger.get("sent", [])
    epoch, seq, base, ack = head["epoch"], head["seq"], head["base"], head["ack"]
    for bundle in received:
        if (bundle["epoch"], bundle["seq"]) == (epoch, seq):
            if bundle["head"] == own_id:
                fail("replay", "was applied before")
            fail("fork", "another bundle with this number was applied before")
    names = ("epoch", "seq", "head")
    if ack and not any(all(bundle[name] == ack[name] for name in names) for bundle in sent):
        fail("restored", "acknowledges what was never sent")
    last = max(received, key=lambda bundle: (bundle["epoch"], bundle["seq"]), default=None)
    if last and epoch < last["epoch"]:
        fail("rollback", "is of an epoch that has ended")
    if last and epoch > last["epoch"] and not ledger.get("allow_new_epoch"):
        fail("epoch", "begins an epoch that nobody has agreed to")
    if last is None or epoch > last["epoch"]:
        if head["kind"] == "delta" and base:
            fail("gap", "builds on a bundle that was never applied")
        if epoch > 1 and seq == 1 and head["kind"] != "snapshot":
            fail("epoch", "an epoch begins with a snapshot")
        return
    if seq < last["seq"]:
        fail("late", "comes after a later one")
    if seq == last["seq"] + 1:
        if head["prev"] != last["head"]:
            fail("restored", "does not follow the last one")
        return
    if head["kind"] != "snapshot" and base:
        wanted = {**base, "epoch": epoch}
        if not any(all(bundle[name] == wanted[name] for name in names) for bundle in received):
            fail("gap", "builds on a bundle that was never applied")


def check_shards(parts):
    """Step 17."""
    names, shards = set(), {}
    for part in parts:
        for entry in part.entries:
            if entry["name"] in names:
                raise Fault("index.form", "META/index.jsonl", f"{entry['name']} is in two parts")
            names.add(entry["name"])
    for part in parts:
        for entry in part.entries:
            found = ENTRY_NAME.fullmatch(entry["name"])
            if found["kind"]:
                if int(found["shard"]) != shards.get(found["kind"], 0):
                    raise Fault("shards", entry["name"], "is out of order")
                shards[found["kind"]] = int(found["shard"]) + 1


def verify(handles, trust, link=None, sender=None, recipient=None, ledger=None):
    """Section 9. Gives the head of part 1, or raises Fault."""
    parts = sorted((Part(handle, trust) for handle in handles), key=lambda part: part.head["part"])
    check_set(parts)
    head = parts[0].head
    check_pairing(head, link, sender, recipient)
    if ledger is not None:
        check_sequence(head, parts[0].id, ledger)
    recount = Recount()
    for part in parts:
        part.check_contents(recount)
    check_shards(parts)
    recount.check(head["accounting"])
    return head


def step_of(*args, **options):
    """The step that rejects, or `accepted`."""
    try:
        verify(*args, **options)
    except Fault as fault:
        return fault.step
    return "accepted"


def run_vectors(directory):
    """Runs the test vectors of section 16; gives the number that went wrong."""
    with open(os.path.join(directory, "allowed_signers"), encoding="utf-8") as file:
        trust = parse_trust(file.read())
    with open(os.path.join(directory, "base.abx"), "rb") as file:
        base = file.read()
    wrong = 0
    names = sorted(name for name in os.listdir(directory) if name.endswith(".json"))
    cases = [("base.abx", {"edits": [], "step": "accepted"})]
    for name in names:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            cases.append((name, json.load(file)))
    for name, vector in cases:
        data = base
        for edit in reversed(vector["edits"]):
            at, insert = edit["at"], bytes.fromhex(edit["insert"])
            data = data[:at] + insert + data[at + edit["delete"] :]
        expect = vector.get("expect", {})
        step = step_of(
            [Memory(name, data)],
            trust,
            link=expect.get("link"),
            sender=expect.get("from"),
            recipient=expect.get("to"),
            ledger=expect.get("ledger"),
        )
        wrong += step != vector["step"]
        print(f"{'ok' if step == vector['step'] else 'WRONG'} {name}: {step}")
    return wrong if names else 1


def mutations(kind, data):
    """What is run for each kind: every bit flipped; every bit of the content of the entries before
    the payload flipped and the CRC-32 made to fit; every length that is too short."""
    if kind == "flips":
        return [(bit, None, None) for bit in range(len(data) * 8)]
    if kind == "cuts":
        return [(length, None, None) for length in range(len(data))]
    found, at = [], 0
    while data[at : at + 4] == b"PK\x03\x04" and data[at + 30 : at + 35] != b"data/":
        size, _, name = struct.unpack("<IIH", data[at + 18 : at + 28])
        start = at + 30 + name
        found += [(bit, at, start + size) for bit in range(start * 8, (start + size) * 8)]
        at = start + size
    return found


def run_mutation(kind, data, trust, mutation):
    at, header, end = mutation
    if kind == "cuts":
        return step_of([Memory("", data[:at])], trust)
    changed = bytearray(data)
    changed[at // 8] ^= 1 << (at % 8)
    if header is not None:
        start = header + 30 + struct.unpack("<H", data[header + 26 : header + 28])[0]
        changed[header + 14 : header + 18] = struct.pack("<I", zlib.crc32(changed[start:end]))
    return step_of([Memory("", bytes(changed))], trust)


def run_mutations(kind, data, trust):
    """One step name for each mutation, in order."""
    run = functools.partial(run_mutation, kind, data, trust)
    with multiprocessing.Pool() as pool:
        return pool.map(run, mutations(kind, data), chunksize=512)


def main():
    parser = argparse.ArgumentParser(description="Verify airbridge bundles.")
    parser.add_argument("files", nargs="*", metavar="FILE.abx", help="all parts of one bundle")
    parser.add_argument("--allowed-signers", metavar="F", help="the trust store")
    parser.add_argument("--from", dest="sender", metavar="P", help="the party that must have sent it")
    parser.add_argument("--to", dest="recipient", metavar="P", help="the party that it must be for")
    parser.add_argument("--link", metavar="L", help="the pairing that it must be of")
    parser.add_argument("--ledger", metavar="F", help="JSON: received, sent, allow_new_epoch")
    parser.add_argument("--vectors", metavar="DIR", help="run test vectors")
    parser.add_argument("--mutations", choices=("flips", "repaired", "cuts"), help="print a step per mutation")
    args = parser.parse_args()
    if args.vectors:
        return 1 if run_vectors(args.vectors) else 0
    if not args.files or not args.allowed_signers:
        parser.error("FILE.abx and --allowed-signers are needed")
    try:
        with open(args.allowed_signers, encoding="utf-8") as file:
            trust = parse_trust(file.read())
        ledger = None
        if args.ledger:
            with open(args.ledger, encoding="utf-8") as file:
                ledger = json.load(file)
        if args.mutations:
            with open(args.files[0], "rb") as file:
                print("\n".join(run_mutations(args.mutations, file.read(), trust)))
            return 0
        handles = [File(path) for path in args.files]
        head = verify(handles, trust, args.link, args.sender, args.recipient, ledger)
    except Fault as fault:
        print(f"not accepted: {fault.step}: {fault}")
        return 4
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"accepted: from {head['from']} to {head['to']}, {head['kind']} {head['epoch']}.{head['seq']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
