//! The tables of the replica: which column shows which member of a record.

use serde_json::{Map, Value};

/// How a value stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A text.
    Text,
    /// A number.
    Number,
    /// 1, or nothing.
    Flag,
}

/// A column and the member that it shows: `subject`, or `body.plain` inside another; `""` is the
/// element itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) member: &'static str,
    pub(super) sort: Sort,
}

const fn text(name: &'static str, member: &'static str) -> Column {
    let sort = Sort::Text;
    Column { name, member, sort }
}

const fn number(name: &'static str, member: &'static str) -> Column {
    let sort = Sort::Number;
    Column { name, member, sort }
}

const fn flag(name: &'static str, member: &'static str) -> Column {
    let sort = Sort::Flag;
    Column { name, member, sort }
}

/// A table with one row for each item of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) kind: &'static str,
    pub(super) class: &'static str,
    /// The member that a record must have, as an empty text if need be.
    pub(super) title: &'static str,
    pub(super) columns: &'static [Column],
}

/// A table with one row for each element of a list of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    pub(super) name: &'static str,
    /// The kind of the items; any when empty.
    pub(super) kind: &'static str,
    pub(super) member: &'static str,
    /// Whether the list stands beside the record.
    pub(super) beside: bool,
    /// What every element has that the table shows, as member and value.
    pub(super) only: Option<(&'static str, &'static str)>,
    /// The first ones tell elements apart.
    pub(super) columns: &'static [Column],
}

/// One table for each kind that people edit.
pub(super) const TABLES: &[Table] = &[
    Table {
        kind: "contact",
        class: "IPM.Contact",
        title: "display_name",
        columns: &[
            text("display_name", "display_name"),
            text("prefix", "prefix"),
            text("first_name", "first_name"),
            text("middle_name", "middle_name"),
            text("last_name", "last_name"),
            text("suffix", "suffix"),
            text("nickname", "nickname"),
            text("company", "company"),
            text("department", "department"),
            text("job_title", "job_title"),
            text("profession", "profession"),
            flag("is_company", "is_company"),
            text("business_page", "business_page"),
            text("personal_page", "personal_page"),
            text("im_address", "im_address"),
            text("birthday", "birthday"),
            text("anniversary", "anniversary"),
            text("spouse", "spouse"),
            text("assigned_to", "assigned_to"),
            text("notes", "notes.plain"),
        ],
    },
    Table {
        kind: "meeting",
        class: "IPM.Appointment",
        title: "subject",
        columns: &[
            text("subject", "subject"),
            text("location", "location"),
            text("start", "start"),
            text("end", "end"),
            flag("all_day", "all_day"),
            text("start_date", "start_date"),
            text("end_date", "end_date"),
            text("recurrence_text", "recurrence_text"),
            text("body", "body.plain"),
        ],
    },
    Table {
        kind: "task",
        class: "IPM.Task",
        title: "subject",
        columns: &[
            text("subject", "subject"),
            text("start", "start"),
            text("due", "due"),
            text("completed", "completed"),
            text("status", "status"),
            number("percent", "percent"),
            flag("complete", "complete"),
            text("body", "body.plain"),
        ],
    },
    Table {
        kind: "email",
        class: "IPM.Note",
        title: "subject",
        columns: &[
            text("subject", "subject"),
            text("from_name", "from.name"),
            text("from_email", "from.email"),
            text("sent", "sent"),
            text("received", "received"),
            text("message_id", "message_id"),
            text("body", "body.plain"),
        ],
    },
];

/// The lists of items.
pub(super) const LISTS: &[List] = &[
    List {
        name: "contact_email",
        kind: "contact",
        member: "emails",
        beside: false,
        only: None,
        columns: &[
            number("slot", "slot"),
            text("email", "email"),
            text("name", "name"),
        ],
    },
    List {
        name: "contact_phone",
        kind: "contact",
        member: "phones",
        beside: false,
        only: None,
        columns: &[text("kind", "kind"), text("number", "number")],
    },
    List {
        name: "contact_address",
        kind: "contact",
        member: "addresses",
        beside: false,
        only: None,
        columns: &[
            text("kind", "kind"),
            text("street", "street"),
            text("po_box", "po_box"),
            text("city", "city"),
            text("state", "state"),
            text("postal_code", "postal_code"),
            text("country", "country"),
        ],
    },
    List {
        name: "contact_field",
        kind: "contact",
        member: "raw",
        beside: false,
        only: Some(("type", super::CUSTOM)),
        columns: &[text("name", "name"), text("value", "value")],
    },
    List {
        name: "attendee",
        kind: "meeting",
        member: "attendees",
        beside: false,
        only: None,
        columns: &[
            text("email", "email"),
            text("name", "name"),
            text("kind", "kind"),
            text("response", "response"),
        ],
    },
    List {
        name: "attachment",
        kind: "",
        member: "attachments",
        beside: false,
        only: None,
        columns: &[
            text("name", "name"),
            text("media_type", "media_type"),
            text("holds", "holds"),
            text("sha256", "blob.sha256"),
            number("size", "blob.size"),
        ],
    },
    List {
        name: "category",
        kind: "",
        member: "categories",
        beside: false,
        only: None,
        columns: &[text("name", "")],
    },
    List {
        name: "crm_category",
        kind: "",
        member: "crm_categories",
        beside: true,
        only: None,
        columns: &[text("name", "name"), text("value", "value")],
    },
    List {
        name: "link",
        kind: "",
        member: "links",
        beside: true,
        only: None,
        columns: &[
            text("contact", "id"),
            text("crm_id", "crm_id"),
            text("name", "name"),
        ],
    },
];

/// What is beside the tables: the records whole, users, and views for reading.
const BESIDE: &str = "
CREATE TABLE record (            -- all that is known of an item; tables show and edit parts
    id TEXT PRIMARY KEY, kind TEXT NOT NULL,
    record TEXT NOT NULL, beside TEXT NOT NULL) STRICT;
CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT) STRICT;
CREATE VIEW company AS
    SELECT company AS name, count(*) AS contacts FROM contact
    WHERE company IS NOT NULL GROUP BY company;
CREATE VIEW assignment AS
    SELECT contact.id AS contact, display_name, assigned_to AS user, user.name AS user_name
    FROM contact LEFT JOIN user ON user.id = assigned_to OR user.name = assigned_to
    WHERE assigned_to IS NOT NULL;
CREATE VIEW history AS           -- what belongs to a contact
    SELECT link.contact, link.crm_id, link.name, 'email' AS kind, email.id, subject, sent AS at
        FROM link JOIN email ON email.id = link.item
    UNION ALL SELECT link.contact, link.crm_id, link.name, 'meeting', meeting.id, subject, start
        FROM link JOIN meeting ON meeting.id = link.item
    UNION ALL SELECT link.contact, link.crm_id, link.name, 'task', task.id, subject, due
        FROM link JOIN task ON task.id = link.item;
";

/// The statements that make the replica.
pub(super) fn schema() -> String {
    let columns = |columns: &[Column]| {
        let each = columns.iter().map(|Column { name, sort, .. }| {
            let kind = match sort {
                Sort::Text => "TEXT",
                Sort::Number | Sort::Flag => "INTEGER",
            };
            format!("\"{name}\" {kind}")
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let mut sql = String::new();
    for table in TABLES {
        sql.push_str(&format!(
            "CREATE TABLE {} (id TEXT PRIMARY KEY DEFAULT ('ab-' || lower(hex(randomblob(16)))), \
             {}) STRICT;\n",
            table.kind,
            columns(table.columns)
        ));
    }
    for list in LISTS {
        sql.push_str(&format!(
            "CREATE TABLE {name} (item TEXT NOT NULL, {}) STRICT;\n\
             CREATE INDEX {name}_item ON {name} (item);\n",
            columns(list.columns),
            name = list.name,
        ));
    }
    sql.push_str(BESIDE);
    sql
}

/// What a record says at a member.
pub(super) fn get<'v>(record: &'v Value, member: &str) -> Option<&'v Value> {
    match member.split_once('.') {
        _ if member.is_empty() => Some(record),
        Some((outer, inner)) => record.get(outer)?.get(inner),
        None => record.get(member),
    }
}

/// Sets a member of a record, or takes it away.
pub(super) fn set(record: &mut Map<String, Value>, member: &str, value: Option<Value>) {
    let Some((outer, inner)) = member.split_once('.') else {
        match value {
            Some(value) => record.insert(member.to_owned(), value),
            None => record.shift_remove(member),
        };
        return;
    };
    let mut held = match record.get(outer) {
        Some(Value::Object(held)) => held.clone(),
        _ => Map::new(),
    };
    if inner == "plain" {
        // The text was written anew: its other forms say what it was.
        held.clear();
    }
    set(&mut held, inner, value);
    if held.is_empty() {
        record.shift_remove(outer);
    } else {
        record.insert(outer.to_owned(), Value::Object(held));
    }
}
