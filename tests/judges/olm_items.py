#!/usr/bin/env python3
"""Reads archives of Outlook for Mac with Python's own zipfile and ElementTree and prints what is in
them, an item a line as JSON: a judge that shares nothing with the reader that it judges.

Paths come on stdin, one a line.
"""
import base64
import hashlib
import json
import sys
import unicodedata
import xml.etree.ElementTree as ET
import zipfile

KINDS = {"emails": "email", "contacts": "contact", "groups": "group", "appointments": "appointment",
         "tasks": "task", "notes": "note"}
TITLES = {"email": "OPFMessageCopySubject", "contact": "OPFContactCopyDisplayName",
          "group": "OPFGroupCopyDisplayName", "appointment": "OPFCalendarEventCopySummary",
          "task": "OPFTaskCopyName", "note": "OPFNoteCopyTitle"}
PREFIXES = {"email": "OPFMessage", "contact": "OPFContact", "group": "OPFGroup",
            "appointment": "OPFCalendarEvent", "task": "OPFTask", "note": "OPFNote"}


def local(tag):
    return tag.rsplit("}", 1)[-1]


def child(element, name):
    return next((own for own in element if local(own.tag) == name), None)


def text(element, name):
    own = child(element, name)
    return None if own is None or not own.text else own.text


def value(element, name):
    for key, own in element.attrib.items():
        if local(key) == name:
            return own or None
    return text(element, name)


def time(stamp):
    if not stamp:
        return None
    return stamp if stamp.endswith("Z") else stamp + "Z"


def people(element, name):
    found = child(element, name)
    return [value(own, "OPFContactEmailAddressAddress") for own in (found if found is not None else [])]


def digest(data):
    return hashlib.sha256(data).hexdigest()


def categories(element, prefix):
    names = []
    lists = [child(element, prefix + "CopyPrimaryCategory")]
    found = child(element, prefix + "CopyCategoryList")
    lists += list(found if found is not None else [])
    for own in lists:
        name = None if own is None else value(own, "OPFCategoryCopyName")
        if name and name not in names:
            names.append(name)
    return names


def attachments(archive, element, name):
    found = child(element, name)
    result = []
    for own in found if found is not None else []:
        url = value(own, "OPFAttachmentURL")
        try:
            data = archive.read(unicodedata.normalize("NFC", url))
        except KeyError:
            data = None
        result.append([value(own, "OPFAttachmentName"), None if data is None else digest(data)])
    return result


def describe(archive, path, kind, element):
    prefix = PREFIXES[kind]
    item = {
        "file": path,
        "kind": kind,
        "title": text(element, TITLES[kind]),
        "modified": time(text(element, prefix + "CopyModDate")),
        "categories": categories(element, prefix),
        "elements": sorted(local(own.tag) for own in element),
    }
    if kind == "email":
        item["id"] = text(element, "OPFMessageCopyMessageID")
        item["sent"] = time(text(element, "OPFMessageCopySentTime"))
        item["received"] = time(text(element, "OPFMessageCopyReceivedTime"))
        for key, name in [("from", "From"), ("to", "To"), ("cc", "CC"), ("bcc", "BCC")]:
            item[key] = people(element, f"OPFMessageCopy{name}Addresses")
        item["read"] = float(text(element, "OPFMessageGetIsRead") or 0) == 1
        index = text(element, "OPFMessageCopyThreadIndex")
        item["thread"] = index and base64.b64decode(index).hex()
        bodies = {text(element, "OPFMessageCopyBody"), text(element, "OPFMessageCopyHTMLBody")}
        item["bodies"] = sorted(digest(own.encode()) for own in bodies if own)
        item["attachments"] = attachments(archive, element, "OPFMessageCopyAttachmentList")
    if kind == "appointment":
        item["start"] = time(text(element, "OPFCalendarEventCopyStartTime"))
        item["end"] = time(text(element, "OPFCalendarEventCopyEndTime"))
        item["place"] = text(element, "OPFCalendarEventCopyLocation")
        found = child(element, "OPFCalendarEventCopyAttendeeList")
        found = found if found is not None else []
        item["attendees"] = [value(own, "OPFCalendarAttendeeAddress") for own in found]
    if kind == "contact":
        addresses = []
        for number in ["DefaultEmailAddress", "EmailAddressList", "EmailAddressList1", "EmailAddressList2"]:
            for own in people(element, f"OPFContactCopy{number}"):
                if own not in addresses:
                    addresses.append(own)
        item["addresses"] = addresses
    if kind == "group":
        item["members"] = people(element, "OPFGroupCopyMemberList")
    return item


for line in sys.stdin:
    path = line.rstrip("\n")
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir() or not info.filename.endswith(".xml"):
                continue
            root = ET.fromstring(archive.read(info))
            kind = KINDS.get(local(root.tag))
            if kind is None:
                continue
            for element in root:
                if local(element.tag) == kind:
                    own = describe(archive, info.filename, kind, element)
                    print(json.dumps({"archive": path, **own}, ensure_ascii=True))
