"""What vobject (PyPI) says of cards, one JSON object per line; paths come on standard input.

Per file: `path` and `cards`, a list. Per card: its own reading where vobject has one (`by` is
"vobject"), else that of the few lines below (`by` is "lines"), which unfold and split and know
nothing else. Both are independent of airbridge.

A value is what a person would see: text with escapes and encodings resolved.
"""

import base64
import hashlib
import json
import quopri
import re
import sys

import vobject


def text_of(path):
    data = open(path, "rb").read()
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def split_cards(text):
    """The text of each card: BEGIN to END, cards in AGENT inside their own."""
    cards, card, depth, agent = [], None, 0, False
    for line in re.split(r"\r+\n|\n|\r", text):
        word = re.sub(r"\s", "", line).upper().lstrip("\ufeff")
        if word == "BEGIN:VCARD" and not line[:1].isspace():
            if depth and not agent:
                cards.append(card)
                depth = 0
            if depth == 0:
                card = []
            depth += 1
        if card is not None and depth:
            card.append(line)
        if word == "END:VCARD" and depth:
            depth -= 1
            if depth == 0:
                cards.append(card)
                card = None
        if line.strip():
            agent = bool(re.match(r"(?i)([\w-]+\.)?AGENT[^:]*:$", line))
    if depth and card is not None:
        cards.append(card)
    return ["\r\n".join(card) + "\r\n" for card in cards]


def plain(value):
    return re.sub(r"\\([,;:\\nN\"])", lambda m: "\n" if m[1] in "nN" else m[1], value)


def of_lines(text):
    """name → list of (types, value): unfold, split at the colon, resolve encodings."""
    found = {}
    lines, logical = text.split("\r\n"), []
    for line in lines:
        last = logical[-1] if logical else ""
        head = last.split(":", 1)[0].upper()
        if "QUOTED-PRINTABLE" in head and last.endswith("=") and not line.upper().startswith("END:"):
            logical[-1] = last[:-1] + line
        elif re.search(r"BASE64|ENCODING=B\b", head) and line and re.fullmatch(r"[A-Za-z0-9+/= \t]+", line):
            logical[-1] = last + line.strip()
        elif line[:1] in (" ", "\t") and logical:
            logical[-1] = last + line[1:]
        elif line.strip():
            logical.append(line)
    for line in logical:
        match = re.match(r'((?:"[^"]*"|[^":])*):(.*)', line, re.S) or re.match(r"([^:]*):(.*)", line, re.S)
        if not match:
            continue
        parts = re.findall(r'(?:"[^"]*"|[^";])+', match[1])
        if not parts:
            continue
        name = parts[0].strip().rsplit(".", 1)[-1].upper()
        value, params = match[2], " ".join(parts[1:]).upper()
        if "QUOTED-PRINTABLE" in params:
            charset = re.search(r"CHARSET=\"?([\w-]+)", params)
            data = quopri.decodestring(value.encode("utf-8"))
            value = decoded(data, charset and charset[1])
        found.setdefault(name, []).append(value)
    return found


def decoded(data, charset):
    for name in (charset, "utf-8", "cp1252"):
        try:
            if name:
                return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass
    return data.decode("cp1252", "replace")


def components(value):
    return [plain(part).strip() for part in re.split(r"(?<!\\);", value)]


def binary(value, params):
    if isinstance(value, bytes):
        return value
    match = re.match(r"data:[^,]*?base64\\?,(.*)", value, re.S)
    if match:
        return base64.b64decode(match[1] + "=" * (-len(match[1]) % 4))
    return None


def summary_of_lines(text):
    found = of_lines(text)
    texts = lambda name: [plain(value).strip() for value in found.get(name, []) if value.strip()]
    names = (components(found["N"][0]) if found.get("N") else []) + [""] * 5
    return {
        "by": "lines",
        "fn": texts("FN"),
        "family": names[0],
        "given": names[1],
        "emails": texts("EMAIL"),
        "phones": texts("TEL") + texts("X-MS-TEL"),
        "org": components(found["ORG"][0]) if found.get("ORG") else [],
        "titles": texts("TITLE"),
        "notes": [plain(value) for value in found.get("NOTE", []) if value.strip()],
        "urls": texts("URL"),
        "addresses": [components(value) for value in found.get("ADR", []) if value.strip()],
        "categories": [
            plain(word).strip()
            for value in found.get("CATEGORIES", [])
            for word in re.split(r"(?<!\\),", value)
            if word.strip()
        ],
        "bday": texts("BDAY"),
        "photos": photos_of_lines(text),
    }


def photos_of_lines(text):
    photos = []
    for params, value in re.findall(r"(?im)^(?:[\w-]+\.)?PHOTO([^:\r\n]*):([^\r\n]*(?:\r\n[A-Za-z0-9+/= \t]+(?=\r\n))*)", text):
        value = re.sub(r"\s", "", value)
        if re.search(r"(?i)BASE64|ENCODING=B\b", params) and re.fullmatch(r"[A-Za-z0-9+/=]+", value):
            value = value.rstrip("=")
            if len(value) % 4 == 1:
                continue
            data = base64.b64decode(value + "=" * (-len(value) % 4))
            photos.append(hashlib.sha256(data).hexdigest())
        elif value.lower().startswith("data:") and binary(value, {}):
            photos.append(hashlib.sha256(binary(value, {})).hexdigest())
    return photos


def one(value):
    return ", ".join(value) if isinstance(value, list) else value


def summary(text):
    card = next(vobject.readComponents(text, allowQP=True, transform=True))
    all_of = lambda name: card.contents.get(name, [])
    texts = lambda name: [
        value for value in (str(own.value).strip() for own in all_of(name)) if value
    ]
    name = all_of("n")
    photos = []
    for own in all_of("photo"):
        try:
            data = binary(own.value, own.params)
        except ValueError:
            data = None
        if data:
            photos.append(hashlib.sha256(data).hexdigest())
    org = all_of("org")
    words = []
    for own in all_of("categories"):
        values = own.value if isinstance(own.value, list) else re.split(r"(?<!\\),", own.value)
        words += [word.strip() for word in values if word.strip()]
    address = lambda own: [
        one(getattr(own.value, part)).strip()
        for part in ("box", "extended", "street", "city", "region", "code", "country")
    ]
    return {
        "by": "vobject",
        "fn": texts("fn"),
        "family": one(name[0].value.family).strip() if name else "",
        "given": one(name[0].value.given).strip() if name else "",
        "emails": texts("email"),
        "phones": texts("tel") + texts("x-ms-tel"),
        "org": [unit.strip() for unit in org[0].value] if org else [],
        "titles": texts("title"),
        "notes": [own.value for own in all_of("note") if own.value.strip()],
        "urls": texts("url"),
        "addresses": [address(own) for own in all_of("adr") if any(address(own))],
        "categories": words,
        "bday": texts("bday"),
        "photos": photos,
    }


def main():
    for path in sys.stdin.read().splitlines():
        cards = []
        for text in split_cards(text_of(path)):
            try:
                cards.append(summary(text))
            except Exception as error:  # vobject raises whatever it meets
                cards.append({**summary_of_lines(text), "fault": type(error).__name__})
        print(json.dumps({"path": path, "cards": cards}))


main()
