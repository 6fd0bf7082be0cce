#!/usr/bin/env bash
# Measures airbridge beside the readers of each format that are installed, in one run, a function per format; what is
# measured is made by the script itself. Prints the best of three runs, and the ratio.
#
# usage: benches/formats.sh [FORMAT…]     FORMAT: zip olm corpus (default: all)
# needs: python3, GNU time; `corpus` needs ../shared/corpus
# AIRBRIDGE=PATH measures that binary instead of a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
room=${ROOM:-target/bench-formats}
runs=${RUNS:-3}
mkdir -p "$room"
if [ -z "${AIRBRIDGE:-}" ]; then
    cargo build --release --quiet --bin airbridge
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

corpus() {
    [ -d ../shared/corpus ] || { echo 'corpus: ../shared/corpus is not here'; return; }
    echo 'corpus: every file of it in one run'
    airbridge 'airbridge' ../shared/corpus
    grep '"type":"summary"' "$room/out" | cut -c1-400
}

[ $# -gt 0 ] || set -- zip olm corpus
for format in "$@"; do "$format"; done
