#!/usr/bin/env python3
"""Hostile files of every format, at three sizes, read by a release build: each run must end by itself with an answer,
within 10 seconds and 256 MiB, and four times the bytes may take at most six times the time (and half a second).

usage: benches/hostile.py [NAME…]     needs: a release build, or AIRBRIDGE=PATH; Python 3, GNU time
"""
import io, os, pathlib, struct, subprocess, sys, tempfile, time, zipfile

HOME = pathlib.Path(__file__).resolve().parent.parent
AIRBRIDGE = os.environ.get("AIRBRIDGE", HOME / "target/release/airbridge")
SECONDS, MIB = 10, 256


def text(body):
    return body.encode()


# MAIL ------------------------------------------------------------------------------------------------------------
HEAD = "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def mail_depth(n):
    heads = "".join(f'Content-Type: multipart/mixed; boundary="b{i}"\r\n\r\n--b{i}\r\n' for i in range(n))
    return text(HEAD + heads + "\r\ninside\r\n" + "".join(f"--b{i}--\r\n" for i in reversed(range(n))))


def mail_parts(n):
    return text(HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\nx\r\n" * n + "--b--\r\n")


def mail_headers(n):
    return text(HEAD + "".join(f"X-{i}: y\r\n" for i in range(n)) + "\r\nbody\r\n")


def mail_folded(n):
    return text(HEAD + "X-Long: a" + "\r\n b" * n + "\r\n\r\nbody\r\n")


def mail_recipients(n):
    return text(HEAD + "To: " + ",\r\n ".join(f"P {i} <p{i}@example.org>" for i in range(n)) + "\r\n\r\nbody\r\n")


def mail_words(n):
    return text(HEAD + "To: " + "=?aa?q?x" * n + "\r\nX-Y: " + "=?utf-8?B?w7w=?= " * n + "\r\n\r\nbody\r\n")


def mail_comments(n):
    return text(HEAD + "To: " + "(" * n + "a@example.org\r\nCc: " + '"' * n + "\r\n\r\nbody\r\n")


def mail_boundaries(n):
    return text(HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b" * n + "\r\n" + "--bb\r\n" * n)


def mail_base64(n):
    return text(HEAD + "Content-Transfer-Encoding: base64\r\n\r\n" + "=A?\r\n" * n)


def mail_html(n):
    return text(HEAD + "Content-Type: text/html\r\n\r\n" + "<div>" * n + "&#x" * n + "<" * n)


def mail_events(n):
    return text(HEAD + "Content-Type: text/calendar\r\n\r\n") + calendar("".join(event("", i) for i in range(n)))


def mail_cards(n):
    return text(HEAD + "Content-Type: text/vcard\r\n\r\n") + card("") * n


def mbox_froms(n):
    return text("From a@example.org Sat Jan  3 01:05:34 2015\nSubject: x\n\nbody\n\n" * n)


# CARDS -----------------------------------------------------------------------------------------------------------
def card(inside):
    return text("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\n" + inside + "END:VCARD\r\n")


def card_lines(n):
    return card("".join(f"TEL;TYPE=x{i}:{i}\r\n" for i in range(n)))


def card_folds(n):
    return card("NOTE:a" + "\r\n b" * n + "\r\n")


def card_parameters(n):
    return card("TEL" + ";TYPE=work" * n + ":1\r\n")


def card_quoted(n):
    return card("NOTE;ENCODING=QUOTED-PRINTABLE:" + "=\r\n" * n + "\r\n")


def card_depth(n):
    return text("BEGIN:VCARD\r\nFN:x\r\n" * n + "END:VCARD\r\n" * n)


def card_open(n):
    return text("BEGIN:VCARD\r\nVERSION:2.1\r\nFN:x\r\n" * n)


# CALENDARS -------------------------------------------------------------------------------------------------------
def calendar(inside):
    return text("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + inside + "END:VCALENDAR\r\n")


def event(inside, uid="1"):
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20260101T090000Z\r\nSUMMARY:x\r\n{inside}END:VEVENT\r\n"


def calendar_depth(n):
    return calendar("BEGIN:VEVENT\r\n" * n + "END:VEVENT\r\n" * n)


def calendar_rules(n):
    return calendar("".join(event(f"RRULE:FREQ=SECONDLY;COUNT={10 ** 6 + i};BYMONTH=2;BYMONTHDAY=30\r\n", i) for i in range(n)))


def calendar_rule_parts(n):
    days = ",".join(str(i % 366 + 1) for i in range(n))
    return calendar(event(f"RRULE:FREQ=YEARLY;BYYEARDAY={days};BYSECOND={','.join(str(i % 60) for i in range(n))}\r\n"))


def calendar_dates(n):
    dates = "".join(f"EXDATE:{2026 + i // 300}0101T{i % 24:02}{i % 60:02}00Z\r\n" for i in range(n))
    return calendar(event("RRULE:FREQ=DAILY\r\n" + dates))


def calendar_attendees(n):
    return calendar(event("".join(f"ATTENDEE;CN=P{i}:mailto:p{i}@example.org\r\n" for i in range(n))))


def calendar_overrides(n):
    own = event("RRULE:FREQ=DAILY\r\n")
    return calendar(own + "".join(event(f"RECURRENCE-ID:{2026 + i // 330}{i // 28 % 12 + 1:02}{i % 28 + 1:02}T090000Z\r\n") for i in range(n)))


def calendar_zones(n):
    zone = "BEGIN:VTIMEZONE\r\nTZID:Z\r\n" + "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY\r\nEND:STANDARD\r\n" * n + "END:VTIMEZONE\r\n"
    return calendar(zone + event("DTEND;TZID=Z:20260101T100000\r\n"))


# TABLES ----------------------------------------------------------------------------------------------------------
HEADINGS = '"First Name","Last Name","E-mail Address","Notes"\r\n'


def table_quotes(n):
    return text(HEADINGS + '"a\r\n' * n)


def table_doubled(n):
    return text(HEADINGS + '"' + '""' * n + "\r\n")


def table_columns(n):
    return text("First Name,Last Name," + ",".join(f"c{i}" for i in range(n)) + "\r\na,b" + ",x" * n + "\r\n")


def table_rows(n):
    return text(HEADINGS + "a,b,c@example.org,d\r\n" * n)


def table_controls(n):
    return text(HEADINGS) + bytes(range(1, 32)) * n


# ARCHIVES --------------------------------------------------------------------------------------------------------
def zipped(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def zip_bomb(n):
    return zipped([("bomb.eml", HEAD.encode() + b"\r\n" + b"a" * (n * 1000))])


def zip_entries(n):
    return zipped((f"{i}.txt", b"") for i in range(n))


def zip_depth(n):
    data = mail_headers(3)
    for _ in range(n):
        data = zipped([("in.zip", data)])
    return data


def olm_depth(n):
    xml = "<emails><email>" + "<a>" * n + "</a>" * n + "</email></emails>"
    return zipped([("Local/com.microsoft.__Messages/Inbox/message_00001.xml", xml), ("Categories.xml", "<categories/>")])


# WINMAIL.DAT -----------------------------------------------------------------------------------------------------
def attribute(level, number, data):
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


SIGNATURE = struct.pack("<IH", 0x223E9F78, 1)


def tnef_attributes(n):
    return SIGNATURE + attribute(1, 0x00089006, struct.pack("<I", 0x10000)) + attribute(1, 0x00018004, b"x\0") * n


def tnef_attachments(n):
    return SIGNATURE + attribute(1, 0x00089006, struct.pack("<I", 0x10000)) + attribute(2, 0x00069002, b"\1\0" + b"\0" * 12) * n


def tnef_properties(n):
    bag = struct.pack("<I", n) + struct.pack("<II", 0x00170003, 1) * n
    return SIGNATURE + attribute(1, 0x00069003, bag)


def tnef_rtf(n):
    rtf = b"{\\rtf1\\ansi" + b"{" * n + b"x" + b"}" * n + b"}"
    rtf = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    bag = struct.pack("<III", 1, 0x10090102, 1) + struct.pack("<I", len(rtf)) + rtf + b"\0" * (-len(rtf) % 4)
    return SIGNATURE + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0") + attribute(1, 0x00069003, bag)


def tnef_sizes(n):
    return SIGNATURE + struct.pack("<BII", 1, 0x0006800C, 0xFFFFFFF0) + b"x" * n


# COMPOUND FILES AND STORES ---------------------------------------------------------------------------------------
def compound(n):
    """A header whose chains lead into `n` sectors that all name each other."""
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<IIIIIIIII", 0, max(1, n // 128), 1, 0, 4096, 0, 1, 2, 0xFFFFFFF0)
    head += struct.pack("<109I", *[i % max(1, n) for i in range(109)])
    return head + b"".join(struct.pack("<128I", *[(i + j) % max(1, n) for j in range(128)]) for i in range(n))


def store(n):
    own = bytearray((HOME / "samples/mailbox.pst").read_bytes())
    for at in range(1024, len(own), 37):
        own[at] ^= (at * n) & 0xFF
    return bytes(own) + b"\0" * n


# Each: the ending, what makes it, and n for the smallest of three sizes.
ALL = [
    ("eml", mail_depth, 10_000), ("eml", mail_parts, 100_000), ("eml", mail_headers, 100_000), ("eml", mail_folded, 400_000),
    ("eml", mail_recipients, 50_000), ("eml", mail_words, 60_000), ("eml", mail_comments, 1_000_000), ("eml", mail_boundaries, 200_000),
    ("eml", mail_base64, 500_000), ("eml", mail_html, 400_000), ("eml", mail_events, 37_500), ("eml", mail_cards, 50_000), ("mbox", mbox_froms, 20_000),
    ("vcf", card_lines, 50_000), ("vcf", card_folds, 400_000), ("vcf", card_parameters, 100_000), ("vcf", card_quoted, 400_000),
    ("vcf", card_depth, 40_000), ("vcf", card_open, 20_000),
    ("ics", calendar_depth, 40_000), ("ics", calendar_rules, 500), ("ics", calendar_rule_parts, 100_000), ("ics", calendar_dates, 40_000),
    ("ics", calendar_attendees, 20_000), ("ics", calendar_overrides, 3_000), ("ics", calendar_zones, 10_000),
    ("csv", table_quotes, 200_000), ("csv", table_doubled, 1_000_000), ("csv", table_columns, 100_000), ("csv", table_rows, 50_000),
    ("csv", table_controls, 50_000),
    ("zip", zip_bomb, 100_000), ("zip", zip_entries, 10_000), ("zip", zip_depth, 50), ("olm", olm_depth, 200_000),
    ("dat", tnef_attributes, 100_000), ("dat", tnef_attachments, 10_000), ("dat", tnef_properties, 200_000), ("dat", tnef_rtf, 400_000),
    ("dat", tnef_sizes, 1_000_000), ("msg", compound, 2_000), ("pst", store, 1),
]


def run(path):
    """Seconds of CPU time, seconds by the clock, peak MiB and exit code of one inspection."""
    start = time.monotonic()
    measured = path.with_name("time")
    # Of a child of this process the peak would be that of its parent: GNU time is small.
    command = ["/usr/bin/time", "-f", "%U %S %M", "-o", measured, AIRBRIDGE, "inspect", "--json", path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    while chunk := process.stdout.read(1 << 16):
        said = (said + chunk)[-4096:]
    code = process.wait()
    user, system, peak = measured.read_text().split("\n")[-2].split()
    return float(user) + float(system), time.monotonic() - start, int(peak) / 1024, code, said


def main():
    asked = sys.argv[1:]
    bad = 0
    print(f"{'':24} {'bytes of 4n':>12} {'CPU s at n, 2n, 4n':>22} {'clock':>7} {'MiB':>5}  exit")
    with tempfile.TemporaryDirectory() as folder:
        for ending, make, n in ALL:
            if asked and make.__name__ not in asked:
                continue
            took, clock, peak, size, code, faults = [], 0, 0, 0, 0, []
            for times in (1, 2, 4):
                path = pathlib.Path(folder) / f"hostile.{ending}"
                path.write_bytes(make(n * times))
                size = path.stat().st_size
                cpu, seconds, mib, code, said = run(path)
                took.append(cpu)
                clock, peak = max(clock, seconds), max(peak, mib)
                if code not in (0, 1, 3) or b"panicked" in said:
                    faults.append(f"ended with {code}: {said[-300:]!r}")
            if clock > SECONDS:
                faults.append("too slow")
            if peak > MIB:
                faults.append("too much memory")
            if took[2] > 6 * took[0] + 0.5:
                faults.append("grows faster than its input")
            bad += bool(faults)
            print(f"{make.__name__:24} {size:12} {took[0]:7.2f}{took[1]:7.2f}{took[2]:8.2f} {clock:7.2f} {peak:5.0f}  {code}  {'; '.join(faults)}", flush=True)
    print("all within bounds" if not bad else f"{bad} out of bounds")
    sys.exit(1 if bad else 0)


main()
