//! Many updates in one command. The driver has no call for that which every server understands.

use super::documents::{Database, damaged};
use mongodb::bson::{Document, doc};
use mongodb::error::Result;

const DUPLICATE_KEY: i32 = 11_000;

/// Runs updates in their order, durably; the place of the one that met another document of its key, which is the last one
/// run.
pub async fn update(db: &Database, collection: &str, updates: &[Document]) -> Result<Option<usize>> {
    // A command that is put together by hand does not inherit the client's write concern.
    let durable = doc! {"w": "majority", "j": true};
    let command = doc! {"update": collection, "updates": updates, "ordered": true, "writeConcern": durable};
    let answer = db.db.run_command(command).await?;
    if let Some(error) = answer.get_array("writeErrors").ok().and_then(|errors| errors.first()?.as_document())
    {
        let place = error.get_i32("index").ok().and_then(|index| usize::try_from(index).ok());
        return match (error.get_i32("code"), place) {
            (Ok(DUPLICATE_KEY), Some(place)) => Ok(Some(place)),
            (code, _) => Err(damaged(format!("writing to {collection} failed with code {code:?}"))),
        };
    }
    if let Ok(error) = answer.get_document("writeConcernError") {
        let cause = error.get_str("errmsg").unwrap_or("the write was not confirmed").to_owned();
        return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, cause).into());
    }
    Ok(None)
}
