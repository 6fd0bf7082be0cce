#!/usr/bin/env bash
# Measures airbridge beside the readers of each format that are installed, in one run, a function per format; what is
# measured is made by the script itself. Prints the best of three runs, and the ratio.
#
# usage: benches/formats.sh [FORMAT…]     FORMAT: zip olm msg tnef cards calendars mails corpus (default: all)
# needs: python3 with vobject, icalendar, extract-msg and tnefparse, the command tnef, GNU time; ../shared/corpus
# AIRBRIDGE=PATH and BENCH_MAIL_PARSER=PATH measure those binaries instead of a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
room=${ROOM:-target/bench-formats}
runs=${RUNS:-3}
mkdir -p "$room"
if [ -z "${AIRBRIDGE:-}" ]; then
    cargo build --release --quiet --bin airbridge --example bench_mail_parser --example bench_calcard
    AIRBRIDGE=target/release/airbridge
fi

# best COMMAND…: seconds and peak MiB of the fastest of the runs, in $seconds and $memory.
best() {
    local run took peak
    seconds=''
    memory=0
    for run in $(seq "$runs"); do
        # Exit 3 of airbridge is "finished with losses", which is an answer and not a failure.
        /usr/bin/time -f '%e %M' -o "$room/time" "$@" >"$room/out" 2>"$room/log" || [ $? = 3 ]
        read -r took peak < <(tail -1 "$room/time")
        if [ -z "$seconds" ] || awk "BEGIN { exit !($took < $seconds) }"; then seconds=$took; fi
        if [ "$peak" -gt "$memory" ]; then memory=$peak; fi
    done
    memory=$((memory / 1024))
}

# beside NAME WORDS COMMAND…: a reader beside the last measurement of airbridge, which is in $ours.
beside() {
    local name=$1
    shift
    best "$@"
    awk "BEGIN { printf \"  %-44s %7.2f s %5d MiB   airbridge is %.1f times as fast\n\", \"$name\", $seconds, $memory, $seconds / $ours }"
}

# airbridge NAME PATH: inspects everything there, every byte attached hashed.
airbridge() {
    best "$AIRBRIDGE" inspect --json "$2"
    ours=$seconds
    awk "BEGIN { printf \"  %-44s %7.2f s %5d MiB\n\", \"$1\", $seconds, $memory }"
}

zip() {
    echo 'zip: 20,000 e-mails of about 8 KiB, in a folder and in a zip of it'
    [ -d "$room/mails" ] || python3 - "$room" <<'PY'
import os, random, sys, zipfile
room = sys.argv[1]
random.seed(1)
words = [''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(2, 9))) for _ in range(2000)]
os.makedirs(f'{room}/mails', exist_ok=True)
with zipfile.ZipFile(f'{room}/mails.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for number in range(20000):
        text = '\r\n'.join(' '.join(random.choices(words, k=12)) for _ in range(110))
        mail = (f'From: a{number % 97}@example.org\r\nTo: b@example.org\r\nSubject: {number}\r\nMessage-ID: <{number}@x>\r\n'
                f'Date: Mon, 6 May 2024 10:00:00 +0200\r\n\r\n{text}\r\n')
        path = f'{room}/mails/{number}.eml'
        with open(path, 'w', newline='') as out:
            out.write(mail)
        archive.write(path, f'Inbox/{number}.eml')
PY
    airbridge 'folder' "$room/mails"
    airbridge 'zip' "$room/mails.zip"
    beside 'python: zipfile and email' python3 -c "
import email, email.policy, zipfile
with zipfile.ZipFile('$room/mails.zip') as archive:
    for name in archive.namelist():
        email.message_from_bytes(archive.read(name), policy=email.policy.default)['subject']"
}

olm() {
    echo 'olm: 20,000 messages, 5,000 contacts'
    [ -f "$room/bench.olm" ] || python3 - "$room" <<'PY'
import random, sys, zipfile
room = sys.argv[1]
random.seed(1)
words = [''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(2, 9))) for _ in range(2000)]
home = 'Accounts/a@example.org'
with zipfile.ZipFile(f'{room}/bench.olm', 'w', zipfile.ZIP_DEFLATED) as archive:
    for number in range(20000):
        text = '&lt;html&gt;' + '&lt;br&gt;\n'.join(' '.join(random.choices(words, k=12)) for _ in range(60)) + '&lt;/html&gt;'
        person = f'<emailAddress OPFContactEmailAddressAddress="b{number % 97}@example.org" OPFContactEmailAddressName="B"/>'
        archive.writestr(f'{home}/com.microsoft.__Messages/Inbox/message_{number:05}.xml',
            f'<emails elementCount="1"><email><OPFMessageCopyBody>{text}</OPFMessageCopyBody>'
            f'<OPFMessageCopyHTMLBody>{text}</OPFMessageCopyHTMLBody><OPFMessageCopySubject>{number}</OPFMessageCopySubject>'
            f'<OPFMessageCopyFromAddresses>{person}</OPFMessageCopyFromAddresses><OPFMessageCopyMessageID>{number}@x'
            f'</OPFMessageCopyMessageID><OPFMessageCopySentTime>2024-05-06T08:00:00</OPFMessageCopySentTime></email></emails>')
    contacts = ''.join(f'<contact><OPFContactCopyDisplayName>Person {number}</OPFContactCopyDisplayName>'
        f'<OPFContactCopyEmailAddressList><contactEmailAddress OPFContactEmailAddressAddress="p{number}@example.org"/>'
        f'</OPFContactCopyEmailAddressList></contact>' for number in range(5000))
    archive.writestr(f'{home}/Address Book/Contacts.xml', f'<contacts elementCount="5000">{contacts}</contacts>')
PY
    airbridge 'airbridge' "$room/bench.olm"
    beside 'python: zipfile and ElementTree' sh -c "echo $room/bench.olm | python3 tests/judges/olm_items.py"
}

# copies FORMAT N: N copies of the files of a format of the corpus, in $room/FORMAT.
copies() {
    local copy
    [ -d "../shared/corpus/$1" ] || { echo "$1: ../shared/corpus is not here"; exit 1; }
    rm -rf "${room:?}/$1"
    for copy in $(seq "$2"); do
        mkdir -p "$room/$1/$copy"
        cp -r "../shared/corpus/$1/." "$room/$1/$copy"
    done
}

corpus() {
    [ -d ../shared/corpus ] || { echo 'corpus: ../shared/corpus is not here'; return; }
    echo 'corpus: every file of it in one run'
    airbridge 'airbridge' ../shared/corpus
    grep '"type":"summary"' "$room/out" | cut -c1-400
}

msg() {
    copies msg 10
    echo "msg: $(find "$room/msg" -type f | wc -l) files of the corpus"
    airbridge 'airbridge inspect' "$room/msg"
    beside 'extract-msg, every property and attachment' python3 -c '
import hashlib, logging, pathlib, sys
import extract_msg
logging.disable(logging.CRITICAL)
def read(message):
    message.subject, message.body, message.date, message.recipients, message.props
    for attachment in message.attachments:
        if isinstance(attachment.data, bytes):
            hashlib.sha256(attachment.data)
        elif isinstance(attachment.data, extract_msg.MSGFile):
            read(attachment.data)
for path in pathlib.Path(sys.argv[1]).rglob("*"):
    if path.is_file():
      try:
        with extract_msg.openMsg(path, errorBehavior=extract_msg.enums.ErrorBehavior.SUPPRESS_ALL) as message:
            read(message)
      except Exception as error:
        print(path, error)
' "$room/msg"
}

tnef() {
    copies tnef 20
    # tnefparse never ends on it.
    find "$room/tnef" -name 'oom*' -delete
    echo "tnef: $(find "$room/tnef" -type f | wc -l) files of the corpus"
    airbridge 'airbridge inspect' "$room/tnef"
    beside 'tnefparse' python3 -c '
import hashlib, logging, pathlib, sys
import tnefparse
logging.disable(logging.CRITICAL)
for path in pathlib.Path(sys.argv[1]).rglob("*"):
    if path.is_file():
      try:
        for attachment in tnefparse.TNEF(path.read_bytes(), do_checksum=True).attachments:
            hashlib.sha256(bytes(attachment.data))
      except Exception as error:
        print(path, error)
' "$room/tnef"
    if command -v tnef >/dev/null; then
        mkdir -p "$room/tnef-out"
        beside 'tnef, attachments extracted' find "$room/tnef" -type f \
            -exec tnef --number-backups -C "$room/tnef-out" -f {} ';'
        rm -rf "$room/tnef-out"
    fi
}

cards() {
    echo 'cards: 20,000 vCards of 2.1 and 3.0, every tenth with a photo of 12 KiB'
    [ -f "$room/cards.vcf" ] || python3 - "$room" <<'PY'
import base64, random, sys
room = sys.argv[1]
random.seed(1)
word = lambda: ''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(3, 9)))
fold = lambda text: '\r\n '.join(text[at:at + 74] for at in range(0, len(text), 74))
with open(f'{room}/cards.vcf', 'w', newline='') as out:
    for number in range(20000):
        first, last, note = word(), word(), ' '.join(word() for _ in range(40))
        photo = base64.b64encode(random.randbytes(12288)).decode() if number % 10 == 0 else ''
        if number % 2:
            lines = ['VERSION:2.1', f'N:{last};{first}', f'FN:{first} {last}', f'ORG:{word()};{word()}', f'TEL;WORK;VOICE:{number}',
                     f'TEL;CELL;VOICE:+49 {number}', f'ADR;WORK;PREF:;;{word()} 1;{word()};;{number};DE',
                     f'EMAIL;PREF;INTERNET:{first}{number}@example.org', f'NOTE;ENCODING=QUOTED-PRINTABLE:{note}=0D=0A{note}']
        else:
            lines = ['VERSION:3.0', f'N:{last};{first};;;', f'FN:{first} {last}', f'ORG:{word()};{word()}', f'TEL;TYPE=WORK,VOICE:{number}',
                     f'item1.TEL:+49 {number}', 'item1.X-ABLabel:mobile', f'ADR;TYPE=HOME:;;{word()} 1;{word()};;{number};DE',
                     f'EMAIL;TYPE=INTERNET,PREF:{first}{number}@example.org', fold(f'NOTE:{note}\\n{note}'), 'CATEGORIES:one,two']
        if photo:
            lines.append(fold(f'PHOTO;ENCODING=B;TYPE=JPEG:{photo}'))
        out.write('\r\n'.join(['BEGIN:VCARD', *lines, 'END:VCARD', '']))
PY
    airbridge 'airbridge' "$room/cards.vcf"
    beside 'the crate calcard, which makes no items' "${BENCH_CALCARD:-target/release/examples/bench_calcard}" "$room/cards.vcf"
    beside 'python: vobject' python3 -c "
import vobject
with open('$room/cards.vcf', newline='') as file:
    for card in vobject.readComponents(file, allowQP=True, transform=True): card.fn.value"
}

calendars() {
    echo 'calendars: 40,000 events in a file, every fifth a series, with attendees, a time zone and an alarm'
    [ -f "$room/calendar.ics" ] || python3 - "$room" <<'PY'
import random, sys
room = sys.argv[1]
random.seed(1)
word = lambda: ''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(3, 9)))
fold = lambda text: '\r\n '.join(text[at:at + 74] for at in range(0, len(text), 74))
zone = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE""".split('\n')
with open(f'{room}/calendar.ics', 'w', newline='') as out:
    lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//made for measuring//EN', 'METHOD:PUBLISH', *zone]
    for number in range(40000):
        day = f'2024{number % 12 + 1:02}{number % 28 + 1:02}'
        lines += ['BEGIN:VEVENT', f'UID:{number}@example.org', 'DTSTAMP:20240101T000000Z', f'SUMMARY:{word()} {word()} {number}',
                  f'DTSTART;TZID=W. Europe Standard Time:{day}T100000', f'DTEND;TZID=W. Europe Standard Time:{day}T113000',
                  f'LOCATION:{word()}', fold('DESCRIPTION:' + ' '.join(word() for _ in range(30)) + '\\n' + word()), 'CATEGORIES:one,two',
                  'ORGANIZER;CN=A B:mailto:a@example.org']
        lines += [f'ATTENDEE;CN={word()};PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:{word()}@example.org' for _ in range(3)]
        if number % 5 == 0:
            lines += ['RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE', f'EXDATE;TZID=W. Europe Standard Time:{day}T100000']
        lines += ['BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:Reminder', 'TRIGGER:-PT15M', 'END:VALARM', 'END:VEVENT']
    out.write('\r\n'.join([*lines, 'END:VCALENDAR', '']))
PY
    airbridge 'airbridge' "$room/calendar.ics"
    beside 'the crate calcard, which makes no items' "${BENCH_CALCARD:-target/release/examples/bench_calcard}" "$room/calendar.ics"
    beside 'python: icalendar' python3 -c "
import icalendar
print(len(icalendar.Calendar.from_ical(open('$room/calendar.ics', 'rb').read()).walk('VEVENT')))"
}

mails() {
    echo 'mails: a mailbox of 10,000 mails with HTML, every third with an attachment of 60 KiB'
    [ -f "$room/mails.mbox" ] || python3 - "$room" <<'PY'
import base64, random, sys
room = sys.argv[1]
random.seed(1)
word = lambda: ''.join(random.choices('abcdefghijklmnopqrstuvwxyz', k=random.randint(3, 9)))
text = lambda words: '\n'.join(' '.join(word() for _ in range(10)) for _ in range(words // 10))
with open(f'{room}/mails.mbox', 'w', newline='') as out:
    for number in range(10000):
        own = text(150)
        parts = f"""--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe {own}

--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<html><body><p style=3D"color:red">Gr=C3=BC=C3=9Fe {own}</p></body></html>

--b--

"""
        if number % 3 == 0:
            data = base64.encodebytes(random.randbytes(61440)).decode()
            parts += f"""--a
Content-Type: application/octet-stream; name="{word()}.bin"
Content-Disposition: attachment
Content-Transfer-Encoding: base64

{data}
"""
        out.write(f"""From {word()}@example.org Sat Jan  3 01:05:34 2015
Received: from a.example.org (a.example.org [192.0.2.1])
        by b.example.org with ESMTP id {number}; Sat, 3 Jan 2015 01:05:34 +0100
Message-ID: <{number}@example.org>
Date: Sat, 3 Jan 2015 01:05:30 +0100
From: =?utf-8?Q?J=C3=B6rg?= <{word()}@example.org>
To: {", ".join(f'"{word()} {word()}" <{word()}@example.org>' for _ in range(5))}
Subject: =?utf-8?B?{base64.b64encode((word() + " ü " + word()).encode()).decode()}?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=a

{parts}--a--

""")
PY
    airbridge 'airbridge' "$room/mails.mbox"
    beside 'the crate mail-parser' "${BENCH_MAIL_PARSER:-target/release/examples/bench_mail_parser}" "$room/mails.mbox"
    beside 'python: mailbox, email' python3 -c "
import email, email.policy, mailbox
for message in mailbox.mbox('$room/mails.mbox', factory=lambda file: email.message_from_binary_file(file, policy=email.policy.default)):
    message['subject'], message['to']
    for part in message.walk(): part.get_payload(decode=True)"
}

[ $# -gt 0 ] || set -- zip olm msg tnef cards calendars mails corpus
for format in "$@"; do "$format"; done
