//! A replica of what BigContacts holds, in tables that people read and edit with any SQLite tool.
//!
//! *Shape*: `contact`, `meeting`, `task`, `email` have a row for each item; `contact_email`,
//! `contact_phone`, `category`, `link`, … one for each element of a list; `record` has all that is
//! known of each item. Views: `company`, `assignment`, `history`.
//!
//! *Invariants*: an item read after it was written is the same; what no column shows is kept when
//! columns are edited; a row deleted from the table of its kind deletes the item.

mod tables;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::item::{Item, ItemId};
use tables::{Column, LISTS, List, Sort, TABLES, Table, get, set};

/// The type of the raw property that carries a custom field of BigContacts.
pub const CUSTOM: &str = "bigcontacts";

/// Why the replica cannot be read or written.
#[derive(Debug, Error)]
pub enum ReplicaError {
    /// SQLite refused.
    #[error("the replica: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// An item cannot be written.
    #[error("the replica: {0}")]
    Json(#[from] serde_json::Error),
}

/// An item as the replica has it.
#[derive(Debug)]
pub struct Scanned {
    /// Its id.
    pub id: ItemId,
    /// The item and what stands beside its record, or why it cannot be read.
    pub item: Result<(Item, Value), String>,
}

/// Makes the tables.
///
/// # Errors
/// When they are there, or cannot be made.
pub fn create(connection: &Connection) -> Result<(), ReplicaError> {
    Ok(connection.execute_batch(&tables::schema())?)
}

/// Writes an item over what there is of it.
///
/// # Errors
/// When it cannot be written.
pub fn write(connection: &Connection, item: &Item, beside: &Value) -> Result<(), ReplicaError> {
    let id = &item.id;
    remove(connection, id)?;
    let record = serde_json::to_value(item)?;
    let kind = item.kind().name();
    connection
        .prepare_cached("INSERT INTO record (id, kind, record, beside) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id.0, kind, record.to_string(), beside.to_string()])?;
    if let Some(table) = TABLES.iter().find(|table| table.kind == kind) {
        insert(connection, table.kind, "id", table.columns, id, &record)?;
    }
    for list in lists(kind) {
        for element in elements(list, &record, beside) {
            insert(connection, list.name, "item", list.columns, id, element)?;
        }
    }
    Ok(())
}

/// Takes an item out of all tables.
///
/// # Errors
/// When it cannot be written.
pub fn remove(connection: &Connection, id: &ItemId) -> Result<(), ReplicaError> {
    let tables = TABLES.iter().map(|table| (table.kind, "id"));
    let lists = LISTS.iter().map(|list| (list.name, "item"));
    let all = tables.chain(lists).chain([("record", "id")]);
    for (table, column) in all {
        let sql = format!("DELETE FROM {table} WHERE {column} = ?1");
        connection.prepare_cached(&sql)?.execute(params![id.0])?;
    }
    Ok(())
}

/// Gives every item, by id, with what people edited in the tables.
///
/// # Errors
/// When the replica cannot be read, or those of `each`.
pub fn scan<E: From<ReplicaError>>(
    connection: &Connection,
    mut each: impl FnMut(Scanned) -> Result<(), E>,
) -> Result<(), E> {
    for (id, table) in ids(connection)? {
        let item = read(connection, &id, table)?;
        each(Scanned { id, item })?;
    }
    Ok(())
}

/// How many items there are.
///
/// # Errors
/// When the replica cannot be read.
pub fn count(connection: &Connection) -> Result<u64, ReplicaError> {
    Ok(ids(connection)?.len() as u64)
}

/// Every item and the table of its kind. One of a kind with a table is there while its row is.
fn ids(connection: &Connection) -> Result<Vec<(ItemId, Option<&'static Table>)>, ReplicaError> {
    let mut sql = String::from("SELECT id, -1 FROM record WHERE kind NOT IN (");
    let kinds: Vec<String> = TABLES.iter().map(|own| format!("'{}'", own.kind)).collect();
    sql.push_str(&kinds.join(", "));
    sql.push(')');
    for (place, Table { kind, .. }) in TABLES.iter().enumerate() {
        sql.push_str(&format!(
            " UNION ALL SELECT id, {place} FROM {kind} WHERE id IS NOT NULL"
        ));
    }
    sql.push_str(" ORDER BY 1");
    let mut query = connection.prepare(&sql)?;
    let rows = query.query_map([], |row| {
        let place: i64 = row.get(1)?;
        let table = usize::try_from(place).ok();
        Ok((
            ItemId(row.get(0)?),
            table.and_then(|place| TABLES.get(place)),
        ))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// An item as its record and its rows say.
fn read(
    connection: &Connection,
    id: &ItemId,
    table: Option<&Table>,
) -> Result<Result<(Item, Value), String>, ReplicaError> {
    let mut query = connection.prepare_cached("SELECT record, beside FROM record WHERE id = ?1")?;
    let mut rows = query.query(params![id.0])?;
    let known = match rows.next()? {
        Some(row) => Some((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        None => None,
    };
    let parsed = match (&known, table) {
        (Some((record, beside)), _) => parse(record).and_then(|own| Ok((own, parse(beside)?))),
        (None, Some(table)) => Ok((blank(table, id), json!({}))),
        (None, None) => Err("it has no record".to_owned()),
    };
    let (mut record, mut beside) = match parsed {
        Ok((Value::Object(record), Value::Object(beside))) => (record, beside),
        Ok(_) => return Ok(Err("its record is not an object".to_owned())),
        Err(error) => return Ok(Err(error)),
    };
    if let Some(table) = table {
        let rows = rows_of(connection, table.kind, "id", table.columns, id)?;
        if let Some(cells) = rows.into_iter().next() {
            let mut whole = Value::Object(record);
            overlay(&mut whole, table.columns, &cells);
            let title = table.title;
            if whole.get(title).is_none() {
                let text = if title == "display_name" {
                    full_name(&whole)
                } else {
                    String::new()
                };
                put(&mut whole, title, Value::String(text));
            }
            record = match whole {
                Value::Object(record) => record,
                _ => Map::new(),
            };
        }
    }
    let kind = record.get("kind").and_then(Value::as_str);
    let kind = kind.unwrap_or_default().to_owned();
    let (whole, own_beside) = (Value::Object(record.clone()), Value::Object(beside.clone()));
    for list in lists(&kind) {
        let rows = rows_of(connection, list.name, "item", list.columns, id)?;
        let former = elements(list, &whole, &own_beside);
        let shown: Vec<Vec<Cell>> = former
            .iter()
            .map(|element| project(element, list.columns))
            .collect();
        if shown == rows {
            continue;
        }
        let members = if list.beside {
            &mut beside
        } else {
            &mut record
        };
        set(members, list.member, edited(list, &whole, &former, &rows));
    }
    let item = serde_json::from_value(Value::Object(record)).map_err(|error| error.to_string());
    Ok(item.map(|item| (item, Value::Object(beside))))
}

/// The elements of a list after its rows were edited: those that can be told apart keep what no
/// column shows.
fn edited(list: &List, record: &Value, former: &[&Value], rows: &[Vec<Cell>]) -> Option<Value> {
    let mut waiting: Vec<&Value> = former.to_vec();
    let mut elements: Vec<Value> = Vec::new();
    // What the table does not show of the list stays as it is.
    if list.only.is_some() {
        let all = record.get(list.member).and_then(Value::as_array);
        let others = all.into_iter().flatten().filter(|own| !shows(list, own));
        elements.extend(others.cloned());
    }
    for (place, cells) in rows.iter().enumerate() {
        let same = |element: &&Value| project(element, list.columns).first() == cells.first();
        let found = waiting.iter().position(same);
        let mut element = match found {
            Some(found) => waiting.remove(found).clone(),
            None => json!({}),
        };
        if let [Column { member: "", .. }] = list.columns {
            let Some(Cell::Text(text)) = cells.first() else {
                continue;
            };
            elements.push(Value::String(text.clone()));
            continue;
        }
        overlay(&mut element, list.columns, cells);
        if let Some((member, value)) = list.only {
            put(&mut element, member, Value::String(value.to_owned()));
        }
        match list.member {
            "emails" if element.get("slot").is_none() => {
                put(&mut element, "slot", json!(place.saturating_add(1)));
            }
            "links" | "raw" if element.get("name").is_none() => {
                put(&mut element, "name", json!(""));
            }
            "phones" | "addresses" if element.get("kind").is_none() => {
                put(&mut element, "kind", json!("other"));
            }
            _ => {}
        }
        elements.push(element);
    }
    (!elements.is_empty()).then_some(Value::Array(elements))
}

fn put(value: &mut Value, member: &str, new: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(member.to_owned(), new);
    }
}

fn parse(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The record of an item of which there is only a row.
fn blank(table: &Table, id: &ItemId) -> Value {
    let mut record = json!({
        "id": id.0, "identity": [{"by": "bridge_id", "key": id.0}], "provenance": [],
        "class": table.class, "kind": table.kind,
    });
    if table.kind == "email" {
        put(&mut record, "nature", json!("message"));
    }
    record
}

/// The name of a contact of which only parts are known.
fn full_name(record: &Value) -> String {
    let text = |member: &str| record.get(member).and_then(Value::as_str);
    let names = [text("first_name"), text("last_name")];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    if names.is_empty() {
        text("company").unwrap_or_default().to_owned()
    } else {
        names.join(" ")
    }
}

fn lists(kind: &str) -> impl Iterator<Item = &'static List> {
    LISTS
        .iter()
        .filter(move |list| list.kind.is_empty() || list.kind == kind)
}

fn shows(list: &List, element: &Value) -> bool {
    list.only
        .is_none_or(|(member, value)| element.get(member).and_then(Value::as_str) == Some(value))
}

fn elements<'v>(list: &List, record: &'v Value, beside: &'v Value) -> Vec<&'v Value> {
    let from = if list.beside { beside } else { record };
    let all = from.get(list.member).and_then(Value::as_array);
    let all = all.into_iter().flatten();
    all.filter(|element| shows(list, element)).collect()
}

/// What columns show of a record or element.
fn project(value: &Value, columns: &[Column]) -> Vec<Cell> {
    let cell = |column: &Column| match get(value, column.member) {
        Some(Value::String(text)) if column.sort == Sort::Text => Cell::Text(text.clone()),
        Some(Value::Number(number)) if column.sort == Sort::Number => {
            number.as_i64().map_or(Cell::Null, Cell::Integer)
        }
        Some(Value::Bool(true)) if column.sort == Sort::Flag => Cell::Integer(1),
        _ => Cell::Null,
    };
    columns.iter().map(cell).collect()
}

/// Writes into a record or element what was edited in its columns.
fn overlay(value: &mut Value, columns: &[Column], cells: &[Cell]) {
    let shown = project(value, columns);
    let Some(object) = value.as_object_mut() else {
        return;
    };
    for ((column, cell), was) in columns.iter().zip(cells).zip(&shown) {
        if cell == was {
            continue;
        }
        let new = match (cell, column.sort) {
            (Cell::Text(text), Sort::Text) if !text.is_empty() => Some(json!(text)),
            (Cell::Integer(number), Sort::Number) => Some(json!(number)),
            (Cell::Integer(number), Sort::Flag) if *number != 0 => Some(json!(true)),
            _ => None,
        };
        set(object, column.member, new);
    }
}

fn rows_of(
    connection: &Connection,
    table: &str,
    key: &str,
    columns: &[Column],
    id: &ItemId,
) -> Result<Vec<Vec<Cell>>, ReplicaError> {
    let names: Vec<String> = columns
        .iter()
        .map(|own| format!("\"{}\"", own.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM {table} WHERE {key} = ?1 ORDER BY rowid",
        names.join(", ")
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map(params![id.0], |row| {
        (0..columns.len()).map(|column| row.get(column)).collect()
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn insert(
    connection: &Connection,
    table: &str,
    key: &str,
    columns: &[Column],
    id: &ItemId,
    value: &Value,
) -> Result<(), ReplicaError> {
    let names: Vec<String> = columns
        .iter()
        .map(|own| format!("\"{}\"", own.name))
        .collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!(
        "INSERT INTO {table} ({key}, {}) VALUES (?, {marks})",
        names.join(", ")
    );
    let cells = std::iter::once(Cell::Text(id.0.clone())).chain(project(value, columns));
    connection
        .prepare_cached(&sql)?
        .execute(params_from_iter(cells))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        create(&connection).unwrap();
        connection
    }

    fn examples() -> Vec<Item> {
        [
            include_str!("../../../formats/examples/items/contact.json"),
            include_str!("../../../formats/examples/items/meeting.json"),
            include_str!("../../../formats/examples/items/task.json"),
            include_str!("../../../formats/examples/items/email.json"),
            include_str!("../../../formats/examples/items/note.json"),
        ]
        .map(|text| serde_json::from_str(text).unwrap())
        .into()
    }

    fn all(connection: &Connection) -> Vec<(Item, Value)> {
        let mut items = Vec::new();
        scan::<ReplicaError>(connection, |scanned| {
            items.push(scanned.item.unwrap());
            Ok(())
        })
        .unwrap();
        items
    }

    #[test]
    fn what_is_written_is_read() {
        let connection = replica();
        let beside = json!({"links": [{"id": "ab-9", "name": "Ann"}]});
        let mut items = examples();
        for item in &items {
            write(&connection, item, &beside).unwrap();
            write(&connection, item, &beside).unwrap();
        }
        items.sort_by(|one, other| one.id.cmp(&other.id));
        let read = all(&connection);
        assert_eq!(read.len(), items.len());
        for ((read, own), item) in read.iter().zip(&items) {
            assert_eq!(read, item);
            assert_eq!(*own, beside);
        }
    }

    #[test]
    fn people_edit_rows_and_the_rest_stays() {
        let connection = replica();
        let contact = examples().remove(0);
        write(&connection, &contact, &json!({})).unwrap();
        connection
            .execute_batch(
                "UPDATE contact SET job_title = 'Admiral', nickname = '';
                 UPDATE contact_phone SET number = '+47 1' WHERE rowid = 1;
                 INSERT INTO category (item, name) SELECT id, 'New' FROM contact;
                 INSERT INTO contact_field (item, name, value) SELECT id, 'Fleet', '7' FROM contact;
                 INSERT INTO contact (first_name, last_name) VALUES ('Bo', 'Ek');",
            )
            .unwrap();
        let read = all(&connection);
        assert_eq!(read.len(), 2);
        let own = read.iter().find(|(item, _)| item.id == contact.id).unwrap();
        let (mut was, mut now) = (
            serde_json::to_value(&contact).unwrap(),
            serde_json::to_value(&own.0).unwrap(),
        );
        assert_eq!(now["job_title"], "Admiral");
        assert_eq!(now["phones"][0]["number"], "+47 1");
        assert!(
            now["categories"]
                .as_array()
                .unwrap()
                .contains(&json!("New"))
        );
        let field = json!({"name": "Fleet", "type": "bigcontacts", "value": "7"});
        assert!(now["raw"].as_array().unwrap().contains(&field));
        for member in ["job_title", "nickname", "phones", "categories", "raw"] {
            was.as_object_mut().unwrap().remove(member);
            now.as_object_mut().unwrap().remove(member);
        }
        assert_eq!(was, now, "nothing else has changed");
        let new = read.iter().find(|(item, _)| item.id != contact.id).unwrap();
        assert_eq!(new.0.title(), "Bo Ek");
        assert!(new.0.id.0.starts_with("ab-"));

        connection.execute_batch("DELETE FROM contact;").unwrap();
        assert!(all(&connection).is_empty());
    }
}
