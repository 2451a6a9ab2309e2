//! Connecting, and making sure that this database may be used.

use super::about;
use super::documents::{AboutDocument, Database};
use super::fault::{has_code, is_forbidden, is_login, shown};
use super::queries::{INDEXES, PARTIAL_INDEXES, direct_keys};
use super::url::MongoUrl;
use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::{
    Acknowledgment, ClientOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
};
use std::time::Duration;

/// The version of the schema: what the collections hold and mean.
const SCHEMA: i64 = 5;
/// MongoDB 6.0, in the numbers that servers tell each other.
const WIRE_VERSION_MIN: i32 = 17;

/// For finding a primary. Elections usually take less than 12 s; a send that waits longer is told to come back.
const SERVER_SELECTION: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(3);
/// Between two looks at each server, which is also how long a frozen one goes unnoticed.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Why a database cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConnectError {
    /// It cannot be reached now; later it may.
    #[error("{0}")]
    Away(String),
    /// It must not be used as it is, and waiting does not help.
    #[error("{0}")]
    Refused(String),
}

/// Connects, checks the server and the schema, and makes what is missing.
pub async fn connect(url: &MongoUrl) -> Result<Database, ConnectError> {
    let client = Client::with_options(options(url).await?).map_err(|error| refused(&error))?;
    let db = Database::new(&client, url.database());
    check_server(&db).await?;
    check_schema(&db).await?;
    for (collection, keys, is_unique) in INDEXES {
        let keys = keys();
        let name = index_name(&keys);
        let index = doc! {"key": keys, "name": name, "unique": *is_unique};
        run(&db, doc! {"createIndexes": collection, "indexes": [index]}).await?;
    }
    for (collection, keys, field) in PARTIAL_INDEXES {
        let keys = keys();
        let name = index_name(&keys);
        let those = doc! {*field: {"$exists": true}};
        let index = doc! {"key": keys, "name": name, "partialFilterExpression": those};
        run(&db, doc! {"createIndexes": collection, "indexes": [index]}).await?;
    }
    make_direct_index(&db).await?;
    // A transaction cannot wait for a collection that is being made.
    for collection in ["garbage", "fs.files"] {
        make_collection(&db, collection).await?;
    }
    let version = doc! {"$max": {"version": SCHEMA}};
    let written = db.about.update_one(doc! {"_id": "schema"}, version).upsert(true).await;
    written.map_err(|error| meaning(&error, &db))?;
    about::id(&db).await.map_err(|error| meaning(&error, &db))?;
    Ok(db)
}

async fn options(url: &MongoUrl) -> Result<ClientOptions, ConnectError> {
    let parsed = ClientOptions::parse(url.connection_string()).await;
    let mut options = parsed.map_err(|error| refused(&error))?;
    options.app_name = Some("chat-server".to_owned());
    // What the promises rest on is not the address's to weaken.
    options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    options.retry_writes = Some(true);
    options.retry_reads = Some(true);
    options.server_selection_timeout.get_or_insert(SERVER_SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    Ok(options)
}

/// A single server without a replica set has no transactions and no majority.
async fn check_server(db: &Database) -> Result<(), ConnectError> {
    let hello = run(db, doc! {"hello": 1}).await?;
    let version = hello.get_i32("maxWireVersion").unwrap_or(0);
    if version < WIRE_VERSION_MIN {
        let cause = format!(
            "MongoDB 6.0 or newer is needed (wire version {WIRE_VERSION_MIN}, this one has {version})"
        );
        return Err(ConnectError::Refused(cause));
    }
    let is_router = hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid");
    if hello.get_str("setName").is_err() && !is_router {
        let cause = "MongoDB must run as a replica set; one member is enough (mongod --replSet NAME, then rs.initiate())";
        return Err(ConnectError::Refused(cause.to_owned()));
    }
    Ok(())
}

async fn check_schema(db: &Database) -> Result<(), ConnectError> {
    let about = db.about.find_one(doc! {"_id": "schema"}).await.map_err(|error| meaning(&error, db))?;
    match about {
        Some(AboutDocument { version, .. }) if version > SCHEMA => Err(ConnectError::Refused(format!(
            "it was written by a newer version (its schema is {version}, this one knows up to {SCHEMA})"
        ))),
        _ => Ok(()),
    }
}

/// Two people have one conversation. Groups have no pair, so the index is of those alone that have one; before there were groups
/// it was of all.
async fn make_direct_index(db: &Database) -> Result<(), ConnectError> {
    const NOT_FOUND: i32 = 27;
    let those = doc! {"low": {"$exists": true}};
    let index = doc! {
        "key": direct_keys(), "name": "direct", "unique": true, "partialFilterExpression": those,
    };
    run(db, doc! {"createIndexes": "conversations", "indexes": [index]}).await?;
    match db.db.run_command(doc! {"dropIndexes": "conversations", "index": "low_high"}).await {
        Err(error) if !has_code(&error, NOT_FOUND) => Err(meaning(&error, db)),
        _ => Ok(()),
    }
}

async fn make_collection(db: &Database, name: &str) -> Result<(), ConnectError> {
    const EXISTS: i32 = 48;
    match db.db.create_collection(name).await {
        Err(error) if !has_code(&error, EXISTS) => Err(meaning(&error, db)),
        _ => Ok(()),
    }
}

async fn run(db: &Database, command: Document) -> Result<Document, ConnectError> {
    db.db.run_command(command).await.map_err(|error| meaning(&error, db))
}

fn index_name(keys: &Document) -> String {
    keys.keys().map(|key| key.replace("_id.", "")).collect::<Vec<_>>().join("_")
}

fn refused(error: &Error) -> ConnectError {
    ConnectError::Refused(shown(error))
}

/// What an error at the start means.
pub fn meaning(error: &Error, db: &Database) -> ConnectError {
    if is_login(error) {
        ConnectError::Refused(format!("the login was refused: {}", shown(error)))
    } else if is_forbidden(error) {
        let database = db.db.name();
        ConnectError::Refused(format!(
            "this user may not read and write the database {database:?}: {}",
            shown(error)
        ))
    } else {
        let cause = shown(error);
        // A member that is in no set yet answers, but leads nobody.
        let is_not_initiated = cause.contains("RsGhost");
        let hint = "the replica set has no members yet; rs.initiate() makes it";
        ConnectError::Away(if is_not_initiated { hint.to_owned() } else { cause })
    }
}
