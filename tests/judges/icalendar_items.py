#!/usr/bin/env python3
"""What the Python module icalendar reads from calendars, and how python-dateutil expands them.

Paths of files on standard input, one a line; a line of JSON per file on standard output:
    {"file": …, "error": null | text, "entries": [{"kind", "uid", "summary", …, "occurrences"}]}

An entry is a component without RECURRENCE-ID, with the changed occurrences of its UID, kind and METHOD, in the order of the file;
changed occurrences without one are entries of their own. Times are UTC; one without zone counts as UTC, a date as its midnight.
"""
import base64
import datetime
import hashlib
import itertools
import json
import signal
import sys
import warnings

import icalendar
from dateutil import rrule

warnings.simplefilter("ignore")
KINDS = {"VEVENT": "event", "VTODO": "to-do", "VJOURNAL": "journal", "VFREEBUSY": "free-busy"}
FIRST = 50


class TooSlow(Exception):
    pass


def on_alarm(*_):
    raise TooSlow("takes longer than 2 s")


def instant(value):
    """A date or time as text in UTC."""
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        value = value.astimezone(datetime.timezone.utc)
        return value.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%dT00:00:00Z").rjust(20, "0")
    return None


def quietly(work, otherwise=None):
    try:
        return work()
    except TooSlow:
        raise
    except Exception:
        return otherwise


def listed(component, name):
    value = component.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(component, name):
    values = listed(component, name)
    return str(values[0]) if values else None


def address(value):
    value = str(value).strip()
    return value[7:].strip() if value[:7].lower() == "mailto:" else value


def categories(component):
    found = []
    for value in listed(component, "CATEGORIES"):
        parts = value.cats if hasattr(value, "cats") else [value]
        for part in parts:
            part = str(part).strip()
            if part and part.lower() not in [own.lower() for own in found]:
                found.append(part)
    return found


def attachment(value):
    if value.params.get("VALUE", "").upper() == "BINARY" or value.params.get("ENCODING", "").upper() == "BASE64":
        return quietly(lambda: hashlib.sha256(base64.b64decode(value.to_ical())).hexdigest())
    return str(value)


def moment(component, name):
    values = listed(component, name)
    return quietly(lambda: instant(values[0].dt)) if values else None


def end(component):
    for name in ("DTEND", "DUE"):
        if component.get(name) is not None:
            return moment(component, name)
    start, length = component.get("DTSTART"), component.get("DURATION")
    if start is None:
        return None
    if length is not None:
        return quietly(lambda: instant(start.dt + length.dt))
    if isinstance(quietly(lambda: start.dt), datetime.datetime):
        return moment(component, "DTSTART")
    return quietly(lambda: instant(start.dt + datetime.timedelta(days=1)))


def naive(value, zone):
    """A date or time by the clock of a zone, without the zone."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(zone).replace(tzinfo=None) if value.tzinfo and zone else value.replace(tzinfo=None)
    return datetime.datetime.combine(value, datetime.time())


def occurrences(components):
    """The first occurrences of a series, by python-dateutil: times by the clock of the start, then put into its zone."""
    master = components[0]
    start = (master.get("DTSTART") or master["DUE"]).dt
    zone = getattr(start, "tzinfo", None)
    first = naive(start, zone)
    dates = rrule.rruleset()
    rules = listed(master, "RRULE")
    for name, add in (("RRULE", dates.rrule), ("EXRULE", dates.exrule)):
        for value in listed(master, name):
            value = icalendar.vRecur(value)
            for until in value.get("UNTIL", []):
                if not isinstance(until, datetime.datetime) and isinstance(start, datetime.datetime):
                    value["UNTIL"] = [datetime.datetime.combine(until, datetime.time(23, 59, 59))]
                else:
                    value["UNTIL"] = [naive(until, zone)]
            add(rrule.rrulestr(value.to_ical().decode(), dtstart=first))
    if not rules or not listed(master, "RRULE")[0].get("COUNT"):
        dates.rdate(first)
    for value in listed(master, "RDATE"):
        for own in getattr(value, "dts", []):
            own = own.dt[0] if isinstance(own.dt, tuple) else own.dt
            dates.rdate(naive(own, zone))
    removed_days = set()
    for value in listed(master, "EXDATE"):
        for own in getattr(value, "dts", []):
            if isinstance(own.dt, datetime.datetime):
                dates.exdate(naive(own.dt, zone))
            else:
                removed_days.add(own.dt)
    changed = {}
    for component in components[1:]:
        original = component["RECURRENCE-ID"].dt
        is_date = not isinstance(original, datetime.datetime) and isinstance(start, datetime.datetime)
        original = datetime.datetime.combine(original, first.time()) if is_date else naive(original, zone)
        changed[original] = moment(component, "DTSTART") or moment(component, "DUE") or instant(original)
    signal.alarm(2)
    times = []
    try:
        for local in itertools.islice(dates, FIRST + 2 * len(changed) + 10):
            if local not in changed and local.date() not in removed_days:
                times.append(instant(local.replace(tzinfo=zone) if isinstance(start, datetime.datetime) else local.date()))
    finally:
        signal.alarm(0)
    return sorted(times + list(changed.values()))[:FIRST]


def expanded(components):
    try:
        return occurrences(components)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:200]


def entry(method, component, changed):
    recurs = any(component.get(name) is not None for name in ("RRULE", "RDATE"))
    return {
        "kind": KINDS[component.name],
        "uid": text(component, "UID"),
        "changed": len(changed),
        "recurrence_id": moment(component, "RECURRENCE-ID"),
        "summary": text(component, "SUMMARY"),
        "location": text(component, "LOCATION"),
        "description": text(component, "COMMENT" if method in ("REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER") else "DESCRIPTION"),
        "start": moment(component, "DTSTART"),
        "end": end(component),
        "organizer": address(component["ORGANIZER"]) if component.get("ORGANIZER") is not None and not isinstance(component["ORGANIZER"], list) else None,
        "attendees": [address(own) for own in listed(component, "ATTENDEE")],
        "answers": [str(own.params.get("PARTSTAT", "")).upper() for own in listed(component, "ATTENDEE") if hasattr(own, "params")],
        "categories": categories(component),
        "attachments": [attachment(own) for own in listed(component, "ATTACH")],
        "alarms": len([own for own in component.subcomponents if own.name == "VALARM"]),
        "occurrences": expanded([component, *changed]) if recurs else None,
    }


def calendars(path):
    data = open(path, "rb").read()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16").encode()
    return icalendar.Component.from_ical(data, multiple=True)


def read(path):
    own = []
    for calendar in calendars(path):
        method = str(calendar.get("METHOD", "")).upper() if calendar.name == "VCALENDAR" else ""
        for name in KINDS:
            own.extend((method, calendar, component) for component in calendar.walk(name))
    series = {}
    for method, _, component in own:
        uid = str(component.get("UID", "")).strip()
        if uid and component.get("RECURRENCE-ID") is None:
            series.setdefault((method, uid, component.name), (component, []))
    entries = []
    for method, calendar, component in own:
        uid = str(component.get("UID", "")).strip()
        if uid and component.get("RECURRENCE-ID") is not None:
            of = series.get((method, uid, component.name))
            if of:
                of[1].append(component)
    for method, calendar, component in own:
        uid = str(component.get("UID", "")).strip()
        of = series.get((method, uid, component.name)) if uid else None
        if of and component.get("RECURRENCE-ID") is not None:
            continue
        changed = of[1] if of and of[0] is component else []
        entries.append(entry(method, component, changed))
    return entries


def main():
    signal.signal(signal.SIGALRM, on_alarm)
    for path in sys.stdin.read().splitlines():
        try:
            told = {"file": path, "error": None, "entries": read(path)}
        except Exception as error:
            told = {"file": path, "error": f"{type(error).__name__}: {error}"[:200], "entries": []}
        print(json.dumps(told), flush=True)


main()
