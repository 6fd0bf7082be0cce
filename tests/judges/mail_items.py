"""What the standard library of Python reads from mails and mailboxes.

Paths come by standard input, one a line; a line of JSON goes out per message. A file that begins with
a `From ` line is read as a mailbox. A field that the library cannot give is left out.
"""

import datetime
import email
import email.policy
import email.utils
import hashlib
import json
import mailbox
import re
import sys
import warnings

warnings.simplefilter("ignore")


def parse(file):
    # From bytes, not from a file, which would turn CRLF into LF.
    return email.message_from_bytes(file.read(), policy=email.policy.default)


def text(value):
    """What JSON can carry: lone surrogates stand for bytes that were no ASCII."""
    if value is None:
        return None
    try:
        data = value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = value.encode("utf-8", "replace")
    return data.decode("utf-8", "replace")


def attempt(told, name, how):
    try:
        told[name] = how()
    except Exception as error:  # The library fails in many ways on what is broken.
        told.setdefault("failed", {})[name] = type(error).__name__


def addresses(message, name):
    """Names and addresses; a group without members by its name, a name that is a comment too."""
    found = []
    for header in message.get_all(name, []):
        comments = dict()
        for comment, address in email.utils.getaddresses([str(header)], strict=False):
            comments[address] = comment
        for group in header.groups:
            if group.display_name and not group.addresses:
                found.append([text(group.display_name), ""])
            for one in group.addresses:
                shown = one.display_name or comments.get(one.addr_spec, "")
                found.append([text(shown), text(one.addr_spec)])
    return found


def date(message):
    when = message["date"]
    if when is None:
        return None
    when = when.datetime
    if when is None:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.timezone.utc)
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def leaves(message):
    """Parts that hold bytes, in their order; an attached message is one, without bytes."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(payload, list):
            yield part, None
        elif isinstance(payload, list) and kind == "message/delivery-status":
            # The library keeps what it says, not its bytes.
            yield part, "blocks"
        elif isinstance(payload, list):
            waiting.extend(reversed(payload))
        else:
            yield part, "bytes"


def content(part):
    body = part.get_content()
    return text(body if isinstance(body, str) else body.decode("utf-8", "replace"))


def told(message):
    out = {"defects": sorted({type(defect).__name__ for defect in message.defects})}
    attempt(out, "subject", lambda: text(str(message["subject"] or "")))
    attempt(out, "message_id", lambda: text(str(message["message-id"] or "")))
    attempt(out, "date", lambda: date(message))
    for name in ("from", "to", "cc", "bcc", "reply-to"):
        attempt(out, name, lambda: addresses(message, name))
    bodies = {}
    for kind in ("plain", "html"):
        try:
            body = message.get_body(preferencelist=(kind,))
        except Exception:
            continue
        if body is not None:
            bodies[id(body)] = kind
            attempt(out, kind, lambda: content(body))
    parts = []
    for part, holds in leaves(message):
        one = {"type": part.get_content_type(), "body": bodies.get(id(part))}
        attempt(one, "name", lambda: text(part.get_filename()))
        if holds == "blocks":
            one["blocks"] = True
        if holds == "bytes":
            try:
                data = part.get_payload(decode=True)
                one["sha256"] = hashlib.sha256(data).hexdigest()
                one["size"] = len(data)
            except Exception as error:
                one["failed"] = type(error).__name__
            if part.get_content_maintype() == "text":
                attempt(one, "text", lambda: content(part))
            elif part.get_content_maintype() == "multipart":
                # One without parts is text.
                attempt(one, "text", lambda: text(part.get_payload()))
        parts.append(one)
    out["parts"] = parts
    return out


for line in sys.stdin:
    path = line.rstrip("\n")
    with open(path, "rb") as file:
        head = file.read(200).lstrip()
    if re.match(rb"From (?! *:)", head):
        box = mailbox.mbox(path, factory=parse, create=False)
        messages = [box.get(key) for key in box.keys()]
        box.close()
    else:
        with open(path, "rb") as file:
            messages = [parse(file)]
    for number, message in enumerate(messages, 1):
        one = {"path": path, "number": number, "count": len(messages)}
        one.update(told(message))
        print(json.dumps(one))
