//! What the database says about itself.

use super::documents::{Database, value};
use crate::fresh;
use crate::store::archive::{Origin, StoreId};
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use serde::{Deserialize, Serialize};

/// Which of all stores it is.
#[derive(Debug, Serialize, Deserialize)]
struct IdentityDocument {
    id: String,
}

/// Where a migration fills it from.
#[derive(Debug, Serialize, Deserialize)]
struct OriginDocument {
    store: String,
    complete: bool,
}

/// The store's id, made now if it has none.
pub async fn id(db: &Database) -> Result<StoreId> {
    let fresh = doc! {"$setOnInsert": {"id": fresh::store_id()}};
    about::<Document>(db).update_one(doc! {"_id": "store"}, fresh).upsert(true).await?;
    let found = about::<IdentityDocument>(db).find_one(doc! {"_id": "store"}).await?;
    found
        .map(|found| StoreId(found.id))
        .ok_or_else(|| super::documents::damaged("the store's id vanished".to_owned()))
}

pub async fn origin(db: &Database) -> Result<Option<Origin>> {
    let found = about::<OriginDocument>(db).find_one(doc! {"_id": "origin"}).await?;
    Ok(found.map(|found| Origin { store: StoreId(found.store), is_complete: found.complete }))
}

pub async fn set_origin(db: &Database, origin: &Origin) -> Result<()> {
    let document = OriginDocument { store: origin.store.to_string(), complete: origin.is_complete };
    let change = doc! {"$set": value(&document)};
    about::<Document>(db).update_one(doc! {"_id": "origin"}, change).upsert(true).await.map(drop)
}

/// Whether no collection but this one has documents.
pub async fn is_empty(db: &Database) -> Result<bool> {
    for name in db.db.list_collection_names().await? {
        let is_other = name != db.about.name() && !name.starts_with("system.");
        if is_other && db.db.collection::<Document>(&name).find_one(doc! {}).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn about<T: Send + Sync>(db: &Database) -> Collection<T> {
    db.about.clone_with_type()
}
