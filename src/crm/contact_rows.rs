//! Contacts of BigContacts' own CSV, written into the replica.
//!
//! *Spec*: `formats/map.md`, "The contacts file".
//!
//! *Invariants*: a row is the contact of the same bridge id, else of the same id in BigContacts,
//! else of the same address, else of the same whole name if only one bears it; what a row does not
//! say stays; what the replica gives as CSV and takes back is the same.

use rusqlite::{Connection, OptionalExtension, params};

use super::contacts_csv::{BRIDGE_ID, CrmContact, split_name};
use super::replica::ReplicaError;

/// What came of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct RowSums {
    /// Contacts that were not there.
    pub new: u64,
    /// Contacts that were.
    pub known: u64,
}

/// Custom fields of the CSV that are columns of their own here.
const COLUMNS: &[(&str, &str)] = &[
    ("Job Title", "job_title"),
    ("Website", "business_page"),
    ("Birthday", "birthday"),
];

/// Custom fields of the CSV that are part of an address.
const ADDRESS: &[(&str, &str)] = &[
    ("Street", "street"),
    ("City", "city"),
    ("State", "state"),
    ("Postal Code", "postal_code"),
    ("Country", "country"),
];

/// Kinds of numbers, in the order in which the CSV gives them.
const KINDS: &[&str] = &["business", "mobile", "business2", "home", "home2"];

/// Writes one contact; whether it is new.
///
/// # Errors
/// When the replica cannot be written.
pub fn take(connection: &Connection, contact: &CrmContact) -> Result<bool, ReplicaError> {
    let known = find(connection, contact)?;
    let is_new = known.is_none();
    let id = match &known {
        Some(id) => id.clone(),
        None => new(connection, contact)?,
    };
    let set = |column: &str, value: &str| {
        let sql = format!("UPDATE contact SET {column} = ?2 WHERE id = ?1");
        let value = Some(value).filter(|value| !value.is_empty());
        connection.execute(&sql, params![id, value])
    };
    if contact.first_name.is_empty() && contact.last_name.is_empty() {
        if !contact.name.is_empty() {
            set("display_name", &contact.name)?;
        }
    } else if is_new || !shows_names(connection, &id, contact)? {
        set("first_name", &contact.first_name)?;
        set("last_name", &contact.last_name)?;
        set("display_name", &full_name(contact))?;
    }
    for (column, value) in [
        ("company", &contact.company),
        ("assigned_to", &contact.assigned_to),
    ] {
        if !value.is_empty() {
            set(column, value)?;
        }
    }
    emails(connection, &id, contact)?;
    phones(connection, &id, contact)?;
    let crm_id = contact.id.iter().map(|crm_id| ("ID", crm_id.as_str()));
    let custom = contact.custom.iter();
    let custom = custom.map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in crm_id.chain(custom) {
        let is = |(known, _): &&(&str, &str)| *known == name;
        if name == BRIDGE_ID {
            continue;
        }
        if let Some((_, column)) = COLUMNS.iter().find(is) {
            let day = value.parse::<jiff::civil::Date>();
            if *column != "birthday" || day.is_ok() {
                set(column, value)?;
                continue;
            }
        }
        if let Some((_, column)) = ADDRESS.iter().find(is) {
            address(connection, &id, column, value)?;
        } else if name == "Fax" {
            replace(
                connection,
                &id,
                "contact_phone",
                "kind",
                "business_fax",
                "number",
                value,
            )?;
        } else {
            replace(
                connection,
                &id,
                "contact_field",
                "name",
                name,
                "value",
                value,
            )?;
        }
    }
    Ok(is_new)
}

fn full_name(contact: &CrmContact) -> String {
    let names = [contact.first_name.trim(), contact.last_name.trim()];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    names.join(" ")
}

/// Whether the contact is shown with these names already, be they in parts or whole.
fn shows_names(
    connection: &Connection,
    id: &str,
    contact: &CrmContact,
) -> Result<bool, ReplicaError> {
    let sql = "SELECT coalesce(first_name, ''), coalesce(last_name, ''), display_name
         FROM contact WHERE id = ?1";
    let shown = connection.query_row(sql, [id], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, Option<String>>(2)?,
        ))
    })?;
    let (first, last, display) = shown;
    let parts = first == contact.first_name && last == contact.last_name;
    let split = split_name(display.as_deref().unwrap_or_default());
    let whole = first.is_empty() && last.is_empty();
    let whole = whole && split == (contact.first_name.clone(), contact.last_name.clone());
    Ok(parts || whole)
}

fn find(connection: &Connection, contact: &CrmContact) -> Result<Option<String>, ReplicaError> {
    let one = |sql: &str, value: &str| -> Result<Option<String>, ReplicaError> {
        let mut query = connection.prepare_cached(sql)?;
        let found = query.query_map([value], |row| row.get::<_, String>(0))?;
        let found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
        Ok(match found.as_slice() {
            [id] => Some(id.clone()),
            _ => None,
        })
    };
    let custom = contact.custom.iter();
    let mut bridge_ids = custom
        .filter(|(name, _)| name == BRIDGE_ID)
        .map(|(_, id)| id.as_str())
        .chain(contact.bridge_id.iter().map(|id| id.0.as_str()));
    let mut found = match bridge_ids.next() {
        Some(id) => one("SELECT id FROM contact WHERE id = ?1", id)?,
        None => None,
    };
    if let (None, Some(crm_id)) = (&found, &contact.id) {
        let sql = "SELECT DISTINCT item FROM contact_field WHERE name = 'ID' AND value = ?1";
        found = one(sql, crm_id)?;
    }
    if found.is_none() {
        for email in &contact.emails {
            let sql = "SELECT DISTINCT item FROM contact_email WHERE lower(email) = lower(?1)";
            found = found.or(one(sql, email)?);
        }
    }
    // Namesakes with other addresses are other people.
    if found.is_none() && contact.emails.is_empty() {
        let name = full_name(contact);
        if !name.is_empty() {
            found = one("SELECT id FROM contact WHERE display_name = ?1", &name)?;
        }
    }
    Ok(found)
}

fn new(connection: &Connection, contact: &CrmContact) -> Result<String, ReplicaError> {
    let name = if contact.name.is_empty() {
        full_name(contact)
    } else {
        contact.name.clone()
    };
    let is_company = name.is_empty().then_some(1);
    let name = if name.is_empty() {
        &contact.company
    } else {
        &name
    };
    Ok(connection.query_row(
        "INSERT INTO contact (display_name, is_company) VALUES (?1, ?2) RETURNING id",
        params![name, is_company],
        |row| row.get(0),
    )?)
}

/// The addresses of the row, in its order; what is known of each stays.
fn emails(connection: &Connection, id: &str, contact: &CrmContact) -> Result<(), ReplicaError> {
    let known = texts(
        connection,
        "SELECT email FROM contact_email WHERE item = ?1",
        id,
    )?;
    if contact.emails.is_empty() || known == contact.emails {
        return Ok(());
    }
    for gone in known.iter().filter(|own| !contact.emails.contains(own)) {
        let sql = "DELETE FROM contact_email WHERE item = ?1 AND email = ?2";
        connection.execute(sql, params![id, gone])?;
    }
    for (place, email) in contact.emails.iter().enumerate() {
        let slot = i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1);
        if known.contains(email) {
            let sql = "UPDATE contact_email SET slot = ?3 WHERE item = ?1 AND email = ?2";
            connection.execute(sql, params![id, email, slot])?;
        } else {
            let sql = "INSERT INTO contact_email (item, slot, email) VALUES (?1, ?3, ?2)";
            connection.execute(sql, params![id, email, slot])?;
        }
    }
    Ok(())
}

/// The numbers of the row; a new one gets the first kind that is free.
fn phones(connection: &Connection, id: &str, contact: &CrmContact) -> Result<(), ReplicaError> {
    let sql = "SELECT number FROM contact_phone WHERE item = ?1";
    let known = texts(connection, sql, id)?;
    if contact.phones.is_empty() {
        return Ok(());
    }
    for gone in known.iter().filter(|own| !contact.phones.contains(own)) {
        // A fax and the like are no numbers of this list.
        let sql = "DELETE FROM contact_phone WHERE item = ?1 AND number = ?2
             AND kind NOT IN ('business_fax', 'home_fax', 'other_fax', 'pager', 'telex', 'tty')";
        connection.execute(sql, params![id, gone])?;
    }
    for number in contact.phones.iter().filter(|own| !known.contains(own)) {
        let used = texts(
            connection,
            "SELECT kind FROM contact_phone WHERE item = ?1",
            id,
        )?;
        let free = KINDS
            .iter()
            .find(|kind| !used.iter().any(|own| own == *kind));
        let kind = free.copied().unwrap_or("other");
        let sql = "INSERT INTO contact_phone (item, kind, number) VALUES (?1, ?2, ?3)";
        connection.execute(sql, params![id, kind, number])?;
    }
    Ok(())
}

/// A part of the address that the CSV shows.
fn address(
    connection: &Connection,
    id: &str,
    column: &str,
    value: &str,
) -> Result<(), ReplicaError> {
    let sql = "SELECT rowid FROM contact_address WHERE item = ?1
         ORDER BY kind != 'business', rowid LIMIT 1";
    let row: Option<i64> = connection
        .query_row(sql, [id], |row| row.get(0))
        .optional()?;
    let row = match row {
        Some(row) => row,
        None => {
            let sql = "INSERT INTO contact_address (item, kind) VALUES (?1, 'business')";
            connection.execute(sql, [id])?;
            connection.last_insert_rowid()
        }
    };
    let sql = format!("UPDATE contact_address SET {column} = ?2 WHERE rowid = ?1");
    connection.execute(&sql, params![row, value])?;
    Ok(())
}

fn replace(
    connection: &Connection,
    id: &str,
    table: &str,
    key: &str,
    name: &str,
    column: &str,
    value: &str,
) -> Result<(), ReplicaError> {
    let sql = format!("UPDATE {table} SET {column} = ?3 WHERE item = ?1 AND {key} = ?2");
    if connection.execute(&sql, params![id, name, value])? == 0 {
        let sql = format!("INSERT INTO {table} (item, {key}, {column}) VALUES (?1, ?2, ?3)");
        connection.execute(&sql, params![id, name, value])?;
    }
    Ok(())
}

fn texts(connection: &Connection, sql: &str, id: &str) -> Result<Vec<String>, ReplicaError> {
    let mut query = connection.prepare_cached(&format!("{sql} ORDER BY rowid"))?;
    let rows = query.query_map([id], |row| row.get::<_, Option<String>>(0))?;
    let rows: Vec<Option<String>> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}
