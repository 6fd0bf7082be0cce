"""What Python's own csv module and this script, which knows nothing of airbridge, read from tables.

Reads paths from stdin, one a line; prints one JSON object per file: the rows that are not blank, or why
the file is no table of contacts, appointments or tasks.
"""

import csv
import datetime
import io
import json
import re
import sys

csv.field_size_limit(1 << 30)

NAMES = {
    "first": ["First Name", "Vorname", "名"],
    "middle": ["Middle Name", "Weitere Vornamen", "ミドル ネーム"],
    "last": ["Last Name", "Nachname", "姓"],
    "suffix": ["Suffix", "敬称"],
    "name": ["Name", "Display Name"],
    "company": ["Company", "Organization", "Firma", "会社名"],
    "nickname": ["Nickname"],
    "notes": ["Notes", "Notizen", "メモ", "Description", "Beschreibung"],
    "categories": ["Categories", "Category", "Kategorien", "分類"],
    "birthday": ["Birthday", "Geburtstag", "誕生日"],
    "subject": ["Subject", "Betreff", "件名"],
    "start": ["Start Date", "Beginnt am", "開始日"],
    "start time": ["Start Time", "Beginnt um", "開始時刻"],
    "end": ["End Date", "Endet am", "終了日"],
    "end time": ["End Time", "Endet um", "終了時刻"],
    "due": ["Due Date", "Fällig am", "期限"],
}
EMAILS = [
    ["E-mail Address", "Primary Email", "Email", "E-Mail-Adresse", "電子メール アドレス"],
    ["E-mail 2 Address", "E-mail 2", "Secondary Email", "E-Mail 2: Adresse"],
    ["E-mail 3 Address", "E-mail 3", "E-Mail 3: Adresse"],
]
PHONES = re.compile(r"(Phone( 2)?|Mobile Number|Pager( Number)?|Fax( Number)?|Callback|ISDN|Telex)$"
                    r"|^Telefon|^Fax|telefon$|電話|FAX")
NOTHING = {"", "0/0/00", "0.0.00", "0-0-00"}
FORMATS = {
    "german": ["%d.%m.%Y"],
    "japanese": ["%Y/%m/%d"],
    "english": ["%Y-%m-%d", "%m/%d/%Y"],
}


def text_of(data):
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(name)
    for name in ("utf-8", "cp932", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        # Western letters can pass for Japanese ones, but seldom for kana.
        if name != "cp932" or re.search("[\u3040-\u30ff]", text):
            return text
    return data.decode("cp1252", "replace")


def rows_of(text):
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t~|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    return rows[0], rows[1:]


def day(text, language):
    if text in NOTHING:
        return None
    for form in FORMATS[language]:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            pass
    return None


def moment(date, time, language):
    start = day(date, language)
    if start is None:
        return None
    for form in ("%I:%M %p", "%I:%M:%S %p", "%H:%M:%S", "%H:%M"):
        try:
            clock = datetime.datetime.strptime(time, form)
            start = start.replace(hour=clock.hour, minute=clock.minute, second=clock.second)
            break
        except ValueError:
            pass
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def judge(path):
    with open(path, "rb") as file:
        text = text_of(file.read())
    if not text.strip():
        return {"path": path, "foreign": "empty"}
    headings, rows = rows_of(text)
    headings = [heading.strip() for heading in headings]
    find = lambda names: next((headings.index(name) for name in names if name in headings), None)
    place = {field: find(names) for field, names in NAMES.items()}
    emails = [find(names) for names in EMAILS]
    phones = [number for number, heading in enumerate(headings) if PHONES.search(heading)]
    contact = any(place[field] is not None for field in ("first", "name")) and any(
        number is not None for number in emails)
    event = place["subject"] is not None and (place["start"] is not None or place["due"] is not None)
    if not contact and not event:
        return {"path": path, "foreign": ", ".join(headings)}
    language = "german" if "Nachname" in headings or "Betreff" in headings else (
        "japanese" if "名" in headings or "件名" in headings else "english")
    items = []
    for row in rows:
        raw = lambda number: row[number] if number is not None and number < len(row) else ""
        cell = lambda field: raw(place[field]).strip()
        item = {
            "cells": [[heading, value] for heading, value in zip(headings, row) if value.strip()],
            "categories": [part.strip() for part in re.split("[;,]", cell("categories")) if part.strip()],
            "text": raw(place["notes"]) if cell("notes") else None,
        }
        if contact:
            parts = [cell(field) for field in ("first", "middle", "last", "suffix")]
            item["emails"] = [raw(number).strip() for number in emails if raw(number).strip()]
            item["phones"] = sorted(raw(number).strip() for number in phones if raw(number).strip())
            birthday = day(cell("birthday"), language)
            item["birthday"] = birthday and birthday.strftime("%Y-%m-%d")
            item["title"] = (cell("name") or " ".join(part for part in parts if part) or cell("company")
                             or cell("nickname") or (item["emails"] or [""])[0])
        else:
            item["title"] = cell("subject")
            item["start"] = moment(cell("start"), cell("start time"), language)
            item["end"] = moment(cell("end"), cell("end time"), language)
        items.append(item)
    return {"path": path, "kind": "contact" if contact else "event", "items": items}


for line in sys.stdin.buffer.read().decode("utf-8").splitlines():
    print(json.dumps(judge(line)))
