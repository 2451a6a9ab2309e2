//! How statements are run: what they look at, and how often they are prepared.

use super::*;

/// How SQLite would run a statement.
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let values = rusqlite::params_from_iter(std::iter::repeat_n(1, statement.parameter_count()));
    statement.query_map(values, |row| row.get(3)).unwrap().map(Result::unwrap).collect()
}

/// No statement of the store walks a whole table. Each is run once by the contract's stories, and its plan looked at.
#[tokio::test]
async fn no_query_scans_a_table() {
    let (folder, store) = opened();
    contract::the_list_is_ordered_and_paged(&store).await;
    store.close().await;
    let db = Connection::open(folder.path().join("chat.db")).unwrap();
    for sql in [
        conversations::LIST,
        conversations::PEERS,
        conversations::LISTENERS,
        conversations::DIRECT_WITH,
        tail::TAIL,
        marks::UNREAD,
        mentions::UNREAD,
        log::LAST_ENTRIES,
        log::FIRST_ENTRIES,
        log::ENTRY,
        log::ABOUT,
        log::CHANGES,
        groups::PUBLIC_GROUPS,
        groups::MEMBERS,
        groups::NAMED,
        log::LAST_TEXT,
        log::VERSIONS,
        marks::OTHERS,
        preferences::BLOCKS,
        preferences::HAS_BLOCKED,
        files::VISIBLE,
        erasure::FELLOWS,
        erasure::READABLE,
        erasure::WRITABLE,
        expiry::BEGINNINGS_OF_GROUPS,
        expiry::LAST_DUE,
    ] {
        let plan = plan(&db, sql);
        let is_small =
            |step: &String| ["page", "subquery", "VIRTUAL TABLE"].iter().any(|small| step.contains(small));
        let scans = plan.iter().filter(|step| step.starts_with("SCAN") && !is_small(step));
        assert_eq!(scans.count(), 0, "{sql}\n{plan:#?}");
    }
    // What is about one message is found without walking through the log, which can have millions of entries.
    for sql in [
        log::ABOUT,
        log::CHANGES,
        log::LAST_TEXT,
        log::VERSIONS,
        append::BLANK_EDITS,
        append::DELETION,
        search::MESSAGE,
    ] {
        let plan = plan(&db, sql);
        let walks = |step: &String| step.contains("PRIMARY KEY (conversation=?") && !step.contains("seq=?");
        assert!(!plan.iter().any(walks), "{sql}\n{plan:#?}");
    }
}

/// What was sent before is found by its whole key, and not among all of a log or of a time.
#[tokio::test]
async fn a_send_is_found_by_its_whole_key() {
    let (folder, store) = opened();
    store.close().await;
    let db = Connection::open(folder.path().join("chat.db")).unwrap();
    let plan = plan(&db, append::SENT_BEFORE);
    assert_eq!(plan, ["SEARCH entries USING INDEX sends (client_id=? AND conversation=? AND sender=?)"]);
}

/// A partial index makes a plan depend on the values, unless the connection is told to keep its plans.
#[tokio::test]
async fn no_statement_is_prepared_anew_for_other_values() {
    let (folder, store) = opened();
    store.close().await;
    let path = folder.path().join("chat.db");
    for db in [file::open(&path).unwrap(), file::open_reader(&path).unwrap()] {
        for sql in [log::ENTRY, log::ABOUT, search::MESSAGE, marks::OTHERS, groups::NAMED, files::VISIBLE] {
            let mut statement = db.prepare(sql).unwrap();
            for value in 1..4 {
                let values =
                    rusqlite::params_from_iter(std::iter::repeat_n(value, statement.parameter_count()));
                statement.query(values).unwrap().next().unwrap();
            }
            assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0, "{sql}");
        }
    }
}

/// A search reads the index of words from its newest end and stops, whatever is asked; it never sorts.
#[tokio::test]
async fn no_search_sorts_or_scans_a_table() {
    let (folder, store) = opened();
    contract::a_message_is_found_by_what_it_says(&store).await;
    store.close().await;
    let db = Connection::open(folder.path().join("chat.db")).unwrap();
    for sql in [search::CANDIDATES, search::CANDIDATES_OF_ALL, search::SCOPE, search::MESSAGE] {
        let plan = plan(&db, sql);
        let is_bad = |step: &String| {
            step.contains("TEMP B-TREE") || step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE")
        };
        assert!(!plan.iter().any(is_bad), "{sql}\n{plan:#?}");
    }
}
