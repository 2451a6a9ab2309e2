//! What only the SQLite store must do; the rest is in the contract.

use super::*;
use crate::store::{NewBody, contract};
use chat_protocol::{Body, Marks, Message};
use std::path::PathBuf;
use tempfile::TempDir;

mod forgetting;
mod plans;

mod keeps_the_contract {
    use super::opened;
    use crate::store::Store;

    crate::store::contract::run_for!(opened());
}

mod is_an_archive {
    use crate::store::{SqliteStore, Store};

    crate::store::archive::contract::run_for!({
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open_archive(&folder.path().join("chat.db")).unwrap();
        (folder, store)
    });
}

fn opened() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("chat.db")).unwrap();
    (folder, store)
}

async fn notes_of(store: &SqliteStore, name: &str) -> (UserId, ConversationId) {
    let user = NewUser { name: name.parse().unwrap(), password_hash: String::new(), at: 1 };
    let user = store.create_user(user).await.unwrap().unwrap();
    (user, store.open_direct(user, user, ConversationId::from_bits(1)).await.unwrap())
}

fn note(sender: UserId, conversation: ConversationId, client_id: &str, text: &str) -> NewEntry {
    let body = NewBody::Message { text: text.to_owned(), file: None, reply_to: None };
    NewEntry { conversation, sender, client_id: client_id.parse().unwrap(), at: 1, body }
}

async fn length(store: &SqliteStore, user: UserId, conversation: ConversationId) -> usize {
    let page = store.history(user, conversation, PageRange::Newest, 200).await.unwrap();
    page.map_or(0, |page| page.entries.len())
}

#[tokio::test]
async fn what_was_written_is_there_after_reopening() {
    let (folder, store) = opened();
    let (ann, notes) = notes_of(&store, "ann").await;
    store.append(vec![note(ann, notes, "1", "a")]).await.unwrap();
    store.close().await;
    let path = folder.path().join("chat.db");
    assert!(!folder.path().join("chat.db-wal").exists(), "the log was copied into the file");
    let store = SqliteStore::open(&path).unwrap();
    let again = store.append(vec![note(ann, notes, "1", "a")]).await.unwrap().remove(0).unwrap();
    assert!(!again.is_fresh());
    assert_eq!(length(&store, ann, notes).await, 1);
}

#[tokio::test]
async fn a_copy_taken_in_the_middle_holds_all_that_was_acknowledged() {
    let (folder, store) = opened();
    let (ann, notes) = notes_of(&store, "ann").await;
    let copies = tempfile::tempdir().unwrap();
    for number in 0..20 {
        store.append(vec![note(ann, notes, &number.to_string(), "x")]).await.unwrap();
        // What a kill leaves behind: the file and its log, with no goodbye.
        let copy = copies.path().join(format!("{number}.db"));
        std::fs::copy(folder.path().join("chat.db"), &copy).unwrap();
        let log = copies.path().join(format!("{number}.db-wal"));
        std::fs::copy(folder.path().join("chat.db-wal"), log).unwrap();
        let copy = SqliteStore::open(&copy).unwrap();
        assert_eq!(length(&copy, ann, notes).await, number + 1);
        copy.close().await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_reading_and_recovers() {
    let (_folder, store) = opened();
    let (ann, notes) = notes_of(&store, "ann").await;
    store.append(vec![note(ann, notes, "0", "before")]).await.unwrap();
    let limit = |pages: u32| {
        store.writer.run(move |db| db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())))
    };
    limit(1).await.unwrap();
    let text = "x".repeat(8000);
    let mut refused = None;
    for number in 1..20 {
        let outcome = store.append(vec![note(ann, notes, &number.to_string(), &text)]).await;
        if let Err(error) = outcome {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.expect("the disk is full");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert_eq!(
        length(&store, ann, notes).await,
        number,
        "what is there can be read, and the refused one is not there"
    );
    limit(1_000_000).await.unwrap();
    let appended =
        store.append(vec![note(ann, notes, &number.to_string(), &text)]).await.unwrap().remove(0).unwrap();
    assert!(appended.is_fresh());
}

#[test]
fn what_was_undone_is_never_written_over_what_another_process_has_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let (here, there) = (file::open(&path).unwrap(), file::open(&path).unwrap());
    let reader = file::open_reader(&path).unwrap();
    here.execute_batch(
        "PRAGMA cache_size = 10;
         CREATE TABLE many (number INTEGER PRIMARY KEY, text TEXT NOT NULL);
         WITH RECURSIVE n (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 30)
           INSERT INTO many SELECT number, hex(zeroblob(1500)) FROM n;
         PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .unwrap();
    for round in 0..3 {
        // More pages than there is room for, and fewer than are gathered.
        here.execute_batch("BEGIN IMMEDIATE; UPDATE many SET text = hex(randomblob(1500)); ROLLBACK")
            .unwrap();
        for (db, key) in [(&there, "there"), (&here, "here")] {
            db.execute("INSERT INTO about VALUES (?1, 'x')", [format!("{key}{round}")]).unwrap();
        }
        let known: usize = reader
            .query_row("SELECT count(*) FROM about WHERE value = 'x'", [], |row| row.get(0))
            .expect("the log is whole");
        assert_eq!(known, 2 * (round + 1));
    }
}

#[tokio::test]
async fn a_job_that_panics_fails_the_store_and_hangs_nobody() {
    let (_folder, store) = opened();
    let panicked = store.writer.run(|_| -> rusqlite::Result<()> { panic!("on purpose") }).await;
    assert!(matches!(panicked, Err(StoreError::Fatal(_))));
    assert!(matches!(store.append(vec![]).await, Err(StoreError::Fatal(_))));
    assert!(matches!(store.failed().await, StoreError::Fatal(_)));
    store.close().await;
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("newer version"), "{error}");
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("another program"), "{error}");
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: u32 = Connection::open(&path).unwrap().query_row(tables, [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    std::fs::write(&path, "not a database, but somebody's letters. ".repeat(99)).unwrap();
    assert!(SqliteStore::open(&path).is_err());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("not a database"));
}

#[tokio::test]
async fn a_half_filled_file_is_opened_as_an_archive_only() {
    use crate::store::archive::{Archive, StoreId};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    for is_complete in [false, true] {
        let store = SqliteStore::open_archive(&path).unwrap();
        store.set_origin(Origin { store: StoreId("00".to_owned()), is_complete }).await.unwrap();
        store.close().await;
        assert_eq!(SqliteStore::open(&path).is_ok(), is_complete);
    }
}

/// A file of an earlier version, whose schema had been through so many steps.
fn older_file(steps: usize, contents: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let db = Connection::open(&path).unwrap();
    file::MIGRATIONS[..steps].iter().for_each(|step| db.execute_batch(step).unwrap());
    db.execute_batch(contents).unwrap();
    db.pragma_update(None, "user_version", steps).unwrap();
    (folder, path)
}

/// What was read has arrived, whatever the earlier version knew of that.
#[tokio::test]
async fn marks_of_an_older_file_are_kept() {
    let (_folder, path) = older_file(
        3,
        "INSERT INTO users (id, name, password_hash, created_at) VALUES (1, 'ann', '', 1), (2, 'bob', '', 1);
         INSERT INTO conversations (id, low, high, head, activity) VALUES (7, 1, 2, 1, 1);
         INSERT INTO members (conversation, user, read) VALUES (7, 1, 0), (7, 2, 1);
         INSERT INTO entries (conversation, seq, at, sender, client_id, text) VALUES (7, 1, 1, 1, 'a', 'hi');",
    );
    let store = SqliteStore::open(&path).unwrap();
    let row = store.conversation(UserId(1), ConversationId::from_bits(7)).await.unwrap().unwrap();
    let (one, body) = (Seq::new(1).unwrap(), Body::Message(Message::of("hi")));
    let crate::store::ConversationKind::Direct(peer) = row.kind else { panic!("between two") };
    assert_eq!(peer.marks, Marks { delivered: one, read: Some(one) });
    assert_eq!(row.last.unwrap().body, body);
    store.close().await;
}

/// The table of entries is written anew for schema 8.
#[tokio::test]
async fn entries_of_an_older_file_are_kept_and_not_sent_again() {
    const ALL: &str =
        "SELECT json_group_array(json_array(conversation, seq, at, sender, client_id, text, file,
       kind, target, reply_to, mentions)) FROM (SELECT * FROM entries ORDER BY conversation, seq)";
    let all =
        |path| -> String { Connection::open(path).unwrap().query_row(ALL, [], |row| row.get(0)).unwrap() };
    let (_folder, path) = older_file(
        7,
        "INSERT INTO users (id, name, password_hash, created_at) VALUES (1, 'ann', '', 1), (2, 'bob', '', 1);
         INSERT INTO conversations (id, low, high, head, activity) VALUES (-7, 1, 2, 3, 3), (7, 1, 1, 1, 1);
         INSERT INTO entries (conversation, seq, at, sender, client_id, text, file, kind, target, reply_to, mentions)
         VALUES (-7, 1, 1, 1, 'a', 'hi @bob', 5, 0, NULL, NULL, '2'), (-7, 2, 2, 2, 'a', 'yo', NULL, 0, NULL, 1, NULL),
                (-7, 3, 3, 1, 'c', 'hey', NULL, 1, 1, NULL, NULL), (7, 1, 1, 1, 'a', 'note', NULL, 0, NULL, NULL, NULL);",
    );
    let before = all(&path);
    let store = SqliteStore::open(&path).unwrap();
    let again = NewEntry {
        conversation: ConversationId::from_bits(7),
        sender: UserId(1),
        client_id: "a".parse().unwrap(),
        at: 9,
        body: NewBody::Message { text: "note".to_owned(), file: None, reply_to: None },
    };
    let appended = store.append(vec![again]).await.unwrap().remove(0).unwrap();
    assert_eq!((appended.seq.get(), appended.is_fresh()), (1, false));
    store.close().await;
    assert_eq!(all(&path), before);
    // The table that was has left nothing in free pages, where no deletion would reach it.
    let file = std::fs::read(&path).unwrap();
    assert_eq!(file.windows(7).filter(|bytes| bytes == b"hi @bob").count(), 1);
    assert!(before.contains(r#"[-7,1,1,1,"a","hi @bob",5,0,null,null,"2"]"#), "{before}");
}

/// The first version's files have no id; they get one and keep it.
#[tokio::test]
async fn an_older_file_is_brought_up_to_date() {
    use crate::store::archive::Archive;
    let ann = "INSERT INTO users (id, name, password_hash, created_at) VALUES (1, 'ann', 'hash', 1)";
    let (_folder, path) = older_file(1, ann);
    let mut ids = Vec::new();
    for _ in 0..2 {
        let store = SqliteStore::open(&path).unwrap();
        assert!(store.user(&"ann".parse().unwrap()).await.unwrap().is_some());
        ids.push(store.id().await.unwrap());
        store.close().await;
    }
    assert_eq!(ids[0], ids[1]);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = opened();
    notes_of(&store, "ann").await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}
