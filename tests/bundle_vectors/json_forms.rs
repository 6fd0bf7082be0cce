//! JSON that readers would disagree on, and sums that do not add up: threats 11 and 26.

use super::*;

pub(crate) fn add(v: &mut Vectors) {
    let base = v.base.clone();
    let text = move || String::from_utf8(canonical(&Forge::of(&base).head)).unwrap();
    let heads: [(&str, &str, &str, String); 14] = [
        (
            "duplicate",
            "has a member twice",
            "head.form",
            text().replacen("{\"acc", "{\"a\":1,\"a\":2,\"acc", 1),
        ),
        (
            "float",
            "has a fraction",
            "head.form",
            text().replace("\"epoch\":1,", "\"epoch\":1.0,"),
        ),
        (
            "exponent",
            "has an exponent",
            "head.form",
            text().replace("\"epoch\":1,", "\"epoch\":1e0,"),
        ),
        (
            "great",
            "has an integer of 2^53 + 1",
            "head.form",
            text().replace("\"epoch\":1,", "\"epoch\":9007199254740993,"),
        ),
        (
            "space",
            "has white space",
            "head.form",
            text().replace("\"epoch\":1,", "\"epoch\": 1,"),
        ),
        ("newline", "ends with LF", "head.form", text() + "\n"),
        (
            "order",
            "has members out of order",
            "head.form",
            text().replacen("{\"acc", "{\"z\":1,\"acc", 1),
        ),
        (
            "escape",
            "has an escape that is not needed",
            "head.form",
            text().replace("\"outlook\"", "\"\\u006futlook\""),
        ),
        (
            "bom",
            "begins with a byte order mark",
            "head.form",
            format!("\u{feff}{}", text()),
        ),
        (
            "missing",
            "has no `prev`",
            "head.form",
            text().replace("\"prev\":null,", ""),
        ),
        (
            "zero",
            "has the number 0",
            "head.form",
            text().replace("\"seq\":1,", "\"seq\":0,"),
        ),
        (
            "party",
            "names a party outside the grammar",
            "head.form",
            text().replace("\"to\":\"crm\"", "\"to\":\"../crm\""),
        ),
        (
            "format",
            "is of another format",
            "head.format",
            text().replace("airbridge-bundle-1", "airbridge-bundle-2"),
        ),
        (
            "crit",
            "needs an unknown extension",
            "head.format",
            text().replace("\"crit\":[]", "\"crit\":[\"sparse\"]"),
        ),
    ];
    for (name, why, step, bytes) in heads {
        v.forge(
            &format!("11-head-{name}"),
            &format!("the head {why}"),
            step,
            |f| {
                assert_ne!(bytes.as_bytes(), f.sealed_head().0, "{name}");
                f.head_bytes = Some(bytes.into_bytes());
            },
        );
    }
    v.forge(
        "11-head-nested",
        "the head is nested 200 levels deep",
        "head.form",
        |f| {
            f.head_bytes = Some([vec![b'['; 200], vec![b']'; 200]].concat());
        },
    );
    for (name, why, line) in [
        (
            "duplicate",
            "a member twice",
            r#"{"id":"ab-1","id":"ab-2"}"#,
        ),
        ("float", "a fraction", r#"{"id":"ab-1","n":0.5}"#),
        (
            "great",
            "an integer of 2^53",
            r#"{"id":"ab-1","n":9007199254740992}"#,
        ),
        ("order", "members out of order", r#"{"n":1,"id":"ab-1"}"#),
        ("no-id", "no `id`", r#"{"n":1}"#),
        ("array", "no object", r#"["id"]"#),
        ("empty", "nothing", ""),
        (
            "surrogate",
            "half a surrogate pair",
            r#"{"id":"ab-1","s":"\ud800"}"#,
        ),
    ] {
        v.forge(
            &format!("11-record-{name}"),
            &format!("the line of a record has {why}"),
            "line",
            |f| {
                f.set_content(RECORDS, format!("{line}\n").as_bytes());
            },
        );
    }
    v.forge(
        "11-record-no-end",
        "the last line of records has no end",
        "line",
        |f| {
            f.set_content(RECORDS, b"{\"id\":\"ab-1\"}");
        },
    );
    v.forge("11-record-not-utf8", "a record is not UTF-8", "line", |f| {
        f.set_content(RECORDS, b"{\"id\":\"\xff\"}\n");
    });
    v.forge(
        "11-index-space",
        "a line of the index has white space",
        "index.form",
        |f| {
            let mut index = canonical(&f.entries[0].line);
            index.insert(1, b' ');
            index.push(b'\n');
            f.entries.truncate(1);
            f.index = Some(index);
        },
    );
    v.forge(
        "11-index-member",
        "a line of the index has another member",
        "index.form",
        |f| {
            f.entries[0].line["extra"] = json!(1);
        },
    );
    v.forge(
        "12-index-count",
        "the head states another number of entries",
        "index.form",
        |f| {
            f.sealed_head();
            f.honest = false;
            f.head["index"]["entries"] = json!(3);
        },
    );
    v.forge(
        "26-sums",
        "the head states more items than the report has",
        "accounting",
        |f| {
            f.head["accounting"]["seen"] = json!(6);
            f.head["accounting"]["excluded"] = json!(3);
        },
    );
    v.forge(
        "26-sums-wrong",
        "the sums of the head do not add up",
        "head.form",
        |f| {
            f.head["accounting"]["seen"] = json!(6);
        },
    );
    v.forge(
        "26-unreported",
        "a record has no line in the report",
        "accounting",
        |f| {
            f.set_content(
                RECORDS,
                b"{\"id\":\"ab-1\"}\n{\"id\":\"ab-2\"}\n{\"id\":\"ab-9\"}\n",
            );
        },
    );
    v.forge(
        "26-lost",
        "an exported item has no record",
        "accounting",
        |f| {
            f.set_content(RECORDS, b"{\"id\":\"ab-1\"}\n");
        },
    );
    v.forge("26-no-report", "there is no report", "accounting", |f| {
        f.entries.retain(|e| e.line["name"] != "data/report.jsonl");
    });
    v.forge(
        "26-no-reason",
        "an item is left out without a reason",
        "line",
        |f| {
            f.set_content("data/report.jsonl", b"{\"outcome\":\"excluded\"}\n");
        },
    );
}
