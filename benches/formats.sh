#!/usr/bin/env bash
# Measures airbridge beside the readers of each format that are installed, in one run, a function per format; what is
# measured is made by the script itself. Prints the best of three runs, and the ratio.
#
# usage: benches/formats.sh [FORMAT…]     FORMAT: mails (default: all)
# needs: python3, GNU time
# AIRBRIDGE=PATH and BENCH_MAIL_PARSER=PATH measure those binaries instead of a release build.
set -euo pipefail
cd "$(dirname "$0")/.."
room=${ROOM:-target/bench-formats}
runs=${RUNS:-3}
mkdir -p "$room"
if [ -z "${AIRBRIDGE:-}" ]; then
    cargo build --release --quiet --bin airbridge --example bench_mail_parser
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

[ $# -gt 0 ] || set -- mails
for format in "$@"; do "$format"; done
