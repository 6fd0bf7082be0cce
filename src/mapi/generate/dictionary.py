#!/usr/bin/env python3
"""Writes pid_tag.rs, pid_lid.rs and pid_name.rs from the text of MS-OXPROPS.

    dictionary.py OUT-DIRECTORY MS-OXPROPS.txt [MORE.txt ...]

A text is one that has, for each property, lines such as `Canonical name: PidTagSubject`,
`Property ID: 0x0037`, `Property set: PSETID_Task {...}`, `Property long ID (LID): 0x00008101`,
`Property name: Keywords` and `Data type: PtypString, 0x001F`. Several texts are merged: the first
that has a property wins. Only identifiers, names and types are taken. Run it by hand when a
new edition comes out, then `cargo fmt`; a build needs neither this script nor the texts.
"""

import re
import sys
from pathlib import Path

# Set name in the specification -> constant of `Guid`.
SETS = {
    "PS_PUBLIC_STRINGS": "PS_PUBLIC_STRINGS",
    "PS_INTERNET_HEADERS": "INTERNET_HEADERS",
    "PS_MAPI": "PS_MAPI",
    "PSETID_Common": "COMMON",
    "PSETID_Address": "ADDRESS",
    "PSETID_Appointment": "APPOINTMENT",
    "PSETID_Meeting": "MEETING",
    "PSETID_Log": "LOG",
    "PSETID_Messaging": "MESSAGING",
    "PSETID_Note": "NOTE",
    "PSETID_PostRss": "POST_RSS",
    "PSETID_Task": "TASK",
    "PSETID_UnifiedMessaging": "UNIFIED_MESSAGING",
    "PSETID_AirSync": "AIR_SYNC",
    "PSETID_Sharing": "SHARING",
    "PSTID_Sharing": "SHARING",  # a slip of the specification
    "PSETID_XmlExtractedEntities": "XML_EXTRACTED_ENTITIES",
    "PSETID_Attachment": "ATTACHMENT",
    "PSETID_CalendarAssistant": "CALENDAR_ASSISTANT",
    "PSETID_Remote": "REMOTE",
}

TYPES = {
    0x0002: "I16", 0x0003: "I32", 0x0005: "F64", 0x000B: "BOOL", 0x000D: "OBJECT",
    0x0014: "I64", 0x001E: "STRING8", 0x001F: "STRING", 0x0040: "TIME", 0x0048: "GUID",
    0x00FB: "SERVER_ID", 0x00FD: "RESTRICTION", 0x00FE: "RULE_ACTION", 0x0102: "BINARY",
}

# Properties that MS-PST names and MS-OXPROPS does not (MS-PST 2.3 and 2.4): id, type, name.
# Those of the name-to-id map (0x0001 to 0x0004, 0x1000) mean that only in their own node.
MS_PST = [
    (0x0E30, 0x0003, "PidTagReplItemid"), (0x0E33, 0x0014, "PidTagReplChangenum"),
    (0x0E34, 0x0102, "PidTagReplVersionHistory"), (0x0E38, 0x0003, "PidTagReplFlags"),
    (0x0E3C, 0x0102, "PidTagReplCopiedfromVersionhistory"),
    (0x0E3D, 0x0102, "PidTagReplCopiedfromItemid"),
    (0x1097, 0x0003, "PidTagItemTemporaryFlags"), (0x6619, 0x001F, "PidTagPstBodyPrefix"),
    (0x661D, 0x0003, "PidTagPstBestBodyProptag"), (0x6633, 0x000B, "PidTagPstLrNoRestrictions"),
    (0x6635, 0x0003, "PidTagPstHiddenCount"), (0x6636, 0x0003, "PidTagPstHiddenUnread"),
    (0x66FA, 0x0003, "PidTagLatestPstEnsure"), (0x6705, 0x000B, "PidTagPstIpmsubTreeDescendant"),
    (0x6772, 0x0003, "PidTagPstSubTreeContainer"), (0x67F1, 0x0003, "PidTagLtpParentNid"),
    (0x67F2, 0x0003, "PidTagLtpRowId"), (0x67F3, 0x0003, "PidTagLtpRowVer"),
    (0x67FF, 0x0003, "PidTagPstPassword"), (0x682F, 0x001F, "PidTagMapiFormComposeCommand"),
]

# Names that the texts repeat for one id, or spell in a way that is no canonical name.
SKIP = {"PidtagAddressBookDisplayNamePrintableOrTag7BitDisplayName"}


def parse(path):
    found, current = {}, None
    for line in Path(path).read_text(encoding="utf-8", errors="replace").splitlines():
        line = line.strip()
        name = re.match(r"Canonical name:\s*(\S+)", line)
        if name:
            current = found.setdefault(name.group(1), {})
        elif current is not None:
            field = re.match(r"([A-Z][A-Za-z ()]+?):\s*(.*)", line)
            if field:
                current.setdefault(field.group(1), field.group(2))
    return found


def constant(name):
    """PidLidTaskStatus -> TASK_STATUS."""
    stem = re.sub(r"^Pid(Tag|Lid|Name)", "", name)
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem)
    stem = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", stem)
    stem = stem.upper()
    return stem if stem[0].isalpha() else {"7": "SEVEN"}[stem[0]] + "_" + stem[1:].lstrip("_")


def kind(text):
    code = int(re.search(r"0x([0-9A-Fa-f]{4})", text).group(1), 16)
    base = TYPES[code & ~0x1000]
    return f"multi {base}" if code & 0x1000 else base


def set_of(text):
    return SETS[re.match(r"(\w+)", text).group(1)]


def guid_order(sets, texts):
    """Stored byte order of each set's GUID, to sort the tables as `Guid` sorts."""
    order = {}
    for path in texts:
        for name, digits in re.findall(
            r"(PS(?:ET)?I?D?_\w+)\s*\{([0-9A-Fa-f-]{36})\}", Path(path).read_text(errors="replace")
        ):
            if name in sets:
                a, b, c, d, e = digits.split("-")
                raw = bytes.fromhex(a)[::-1] + bytes.fromhex(b)[::-1] + bytes.fromhex(c)[::-1]
                order[sets[name]] = raw + bytes.fromhex(d) + bytes.fromhex(e)
    return order


HEAD = """//! {}
//!
//! *Spec*: {}.
//!
//! Written by `generate/dictionary.py`; edit that instead.

"""


def row(left, of, name):
    line = f'    {left}, {of}, "{name}";\n'
    if len(line) <= 101:
        return line
    if len(left) + len(of) <= 90:
        return f'    {left}, {of},\n        "{name}";\n'
    first, text = left.split(' "')
    return f'    {first}\n        "{text}, {of},\n        "{name}";\n'


def main():
    out, texts = Path(sys.argv[1]), sys.argv[2:]
    found = {}
    for path in texts:
        for name, fields in parse(path).items():
            found.setdefault(name, fields)
    order = guid_order(SETS, texts)
    tags, lids, names = [], [], []
    for name, fields in found.items():
        if name in SKIP or "Data type" not in fields:
            continue
        if "Property ID" in fields:
            tags.append((int(fields["Property ID"], 16), name, kind(fields["Data type"])))
        elif "Property long ID (LID)" in fields:
            lid = int(fields["Property long ID (LID)"], 16)
            lids.append((set_of(fields["Property set"]), lid, name, kind(fields["Data type"])))
        elif "Property name" in fields:
            text = fields["Property name"]
            names.append((set_of(fields["Property set"]), text, name, kind(fields["Data type"])))
    known = {name for _, name, _ in tags}
    tags += [
        (number, name, kind(f"0x{code:04X}")) for number, code, name in MS_PST if name not in known
    ]
    tags.sort()
    lids.sort(key=lambda row: (order[row[0]], row[1], row[2]))
    names.sort(key=lambda row: (order[row[0]], row[1].lower(), row[2]))
    for rows, at in ((tags, 1), (lids, 2), (names, 2)):
        constants = [constant(row[at]) for row in rows]
        double = {c for c in constants if constants.count(c) > 1}
        assert not double, double

    body = HEAD.format(
        "Ids of the tagged properties, one constant each, and the table of their names.",
        "MS-OXPROPS section 2 (`PidTag…`), MS-PST 2.3 and 2.4",
    )
    body += "super::names::tags! {\n"
    for number, name, of in tags:
        body += row(f"{constant(name)} = 0x{number:04X}", of, name)
    (out / "pid_tag.rs").write_text(body + "}\n")

    body = HEAD.format(
        "Property set and number of the numbered named properties, and the table of their names.",
        "MS-OXPROPS section 2 (`PidLid…`)",
    )
    body += "super::names::lids! {\n"
    for group, lid, name, of in lids:
        body += row(f"{constant(name)} = {group} 0x{lid:04X}", of, name)
    (out / "pid_lid.rs").write_text(body + "}\n")

    body = HEAD.format(
        "Property set and string of the named properties that have one, and their names.",
        "MS-OXPROPS section 2 (`PidName…`)",
    )
    body += "super::names::texts! {\n"
    for group, text, name, of in names:
        body += row(f'{constant(name)} = {group} "{text}"', of, name)
    (out / "pid_name.rs").write_text(body + "}\n")
    print(f"{len(tags)} tags, {len(lids)} numbered names, {len(names)} string names")


if __name__ == "__main__":
    main()
