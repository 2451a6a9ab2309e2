//! What the file says about itself.

use crate::store::archive::{Origin, StoreId};
use rusqlite::{Connection, OptionalExtension};

type Result<T> = rusqlite::Result<T>;

/// A mark of a migration that has not ended. Without it, what follows is the origin of a complete store.
const FILLING: &str = "filling:";

pub fn id(db: &Connection) -> Result<StoreId> {
    db.query_row("SELECT value FROM about WHERE key = 'id'", [], |row| row.get(0)).map(StoreId)
}

pub fn origin(db: &Connection) -> Result<Option<Origin>> {
    let sql = "SELECT value FROM about WHERE key = 'origin'";
    let value: Option<String> = db.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(value.map(|value| match value.strip_prefix(FILLING) {
        Some(store) => Origin { store: StoreId(store.to_owned()), is_complete: false },
        None => Origin { store: StoreId(value), is_complete: true },
    }))
}

pub fn set_origin(db: &Connection, origin: &Origin) -> Result<()> {
    let mark = if origin.is_complete { "" } else { FILLING };
    let sql = "INSERT OR REPLACE INTO about (key, value) VALUES ('origin', ?1)";
    db.execute(sql, [format!("{mark}{}", origin.store)]).map(drop)
}

/// Whether no table but this one has rows. The index of messages, which is made from the others, has some from the start.
pub fn is_empty(db: &Connection) -> Result<bool> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'about'
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'search\\_%' ESCAPE '\\'";
    let mut statement = db.prepare(sql)?;
    let tables: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    for table in tables {
        let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{table}\")");
        if db.query_row(&sql, [], |row| row.get(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}
