#!/usr/bin/env bash
# Measures airbridge beside the readers of each format that are installed, in one run, a function per format; what is
# measured is made by the script itself. Prints the best of three runs, and the ratio.
#
# usage: benches/formats.sh [FORMAT…]     FORMAT: cards (default: all)
# needs: python3 with vobject, GNU time
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
    beside 'python: vobject' python3 -c "
import vobject
with open('$room/cards.vcf', newline='') as file:
    for card in vobject.readComponents(file, allowQP=True, transform=True): card.fn.value"
}

[ $# -gt 0 ] || set -- cards
for format in "$@"; do "$format"; done
