"""Reads stores with libpst's readpst, which writes cards, calendars and mails, and prints a JSON line for each of them: its
title, and its values by the words of `item_properties.tsv`. Paths come on standard input."""

import datetime
import email
import email.policy
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile


def lines(path):
    """The lines of a card or calendar: name, parameters, value."""
    unfolded = re.sub(r"\r?\n[ \t]", "", path.read_text("utf-8"))
    for line in unfolded.splitlines():
        head, _, value = line.partition(":")
        name, *params = head.split(";")
        yield name, ";".join(params), value


def unescaped(value):
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def parts(value):
    return [unescaped(part) for part in re.split(r"(?<!\\);", value)]


def time(value):
    own = re.fullmatch(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", value)
    return "{}-{}-{}T{}:{}:{}Z".format(*own.groups()) if own else value


PHONES = {"TYPE=work,voice": "phone_business", "TYPE=home,voice": "phone_home", "TYPE=cell,voice": "phone_mobile",
          "TYPE=work,fax": "phone_business_fax"}


def card(path):
    words, addresses = {"class": "IPM.Contact"}, []
    for name, params, value in lines(path):
        if name == "FN":
            words["file_as"] = unescaped(value)
        elif name == "N":
            for word, part in zip(("last_name", "first_name", "middle_name"), parts(value)):
                if part:
                    words[word] = part
        elif name == "EMAIL":
            addresses.append(unescaped(value))
        elif name == "TEL" and params in PHONES:
            words[PHONES[params]] = unescaped(value)
        elif name == "BDAY":
            words["birthday"] = value[:10]
        elif name in ("NICKNAME", "TITLE", "ORG", "NOTE"):
            word = {"NICKNAME": "nickname", "TITLE": "job_title", "ORG": "company", "NOTE": "body"}[name]
            words[word] = unescaped(value)
        elif name == "ADR":
            kind = {"TYPE=work": "business", "TYPE=home": "home"}.get(params, "other")
            po_box, _, street, city, state, postal_code, country = parts(value)
            told = zip(("street", "city", "state", "postal_code", "country"), (street, city, state, postal_code, country))
            words.update({f"{kind}_{word}": part for word, part in told if part})
    words.update({f"email{at}": own for at, own in enumerate(addresses, 1)})
    return words.get("file_as", ""), words


def calendar(path):
    own = list(lines(path))
    is_journal = ("BEGIN", "", "VJOURNAL") in own
    words = {"class": "IPM.Activity" if is_journal else "IPM.Appointment"}
    told = {"SUMMARY": "subject", "DESCRIPTION": "body", "LOCATION": "location"}
    times = {"DTSTART": "start", "DTEND": "end", "CREATED": "created", "LAST-MOD": "modified"}
    inner = False
    for name, _, value in own:
        inner = inner or (name, value) == ("BEGIN", "VALARM")
        if name in told and not inner:
            words[told[name]] = unescaped(value)
        elif name in times:
            words[times[name]] = time(value)
        elif name == "RRULE":
            words["rule"] = value
    return words.get("subject", ""), words


def mail(path):
    own = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    words = {"subject": own["subject"], "message_id": own["message-id"]}
    if own["from"] and own["from"].addresses:
        words["from_name"] = own["from"].addresses[0].display_name
        words["from_email"] = own["from"].addresses[0].addr_spec
    if own["date"]:
        sent = own["date"].datetime.astimezone(datetime.timezone.utc)
        words["sent"] = sent.strftime("%Y-%m-%dT%H:%M:%SZ")
    body, html, files = own.get_body(("plain",)), own.get_body(("html",)), []
    if body is not None:
        words["body"] = body.get_content()
    if html is not None:
        words["html"] = html.get_content()
    for part in own.walk():
        if part.get_filename() and not part.get_content_type().startswith("message/"):
            files.append([part.get_filename(), hashlib.sha256(part.get_payload(decode=True) or b"").hexdigest()])
    words["files"] = sorted(files)
    return own["subject"], words


READ = {".vcf": card, ".ics": calendar, ".eml": mail}


def main():
    for path in map(str.rstrip, sys.stdin):
        with tempfile.TemporaryDirectory() as room:
            subprocess.run(["readpst", "-q", "-S", "-e", "-D", "-o", room, path], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=True)
            for found in sorted(pathlib.Path(room).rglob("*")):
                if found.suffix in READ:
                    title, words = READ[found.suffix](found)
                    print(json.dumps({"store": path, "title": title, "words": words}))


main()
