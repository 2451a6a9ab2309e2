//! What is gone is gone from the file too.

use super::*;
use crate::store::erasure::ErasureStore;
use crate::store::retention::RetentionStore;
use crate::store::search::SearchStore;
use std::collections::HashSet;

/// The words of a deleted message are in the index no more, not even for somebody who reads the file.
#[tokio::test]
async fn the_index_forgets_what_is_deleted() {
    let (folder, store) = opened();
    let (ann, notes) = notes_of(&store, "ann").await;
    for number in 0..50 {
        let text = if number == 20 { "zanzibar" } else { "hello" };
        store.append(vec![note(ann, notes, &number.to_string(), text)]).await.unwrap();
        store.index(vec![notes], 100).await.unwrap();
    }
    let body = NewBody::Deletion { target: Seq::new(21).unwrap() };
    let deletion = NewEntry { body, ..note(ann, notes, "deletion", "") };
    store.append(vec![deletion]).await.unwrap()[0].as_ref().unwrap();
    store.index(vec![notes], 100).await.unwrap();
    store.close().await;
    let db = Connection::open(folder.path().join("chat.db")).unwrap();
    let check = "INSERT INTO search_words (search_words, rank) VALUES ('integrity-check', 1)";
    db.execute(check, []).unwrap();
    db.execute_batch("CREATE VIRTUAL TABLE terms USING fts5vocab (search_words, 'row')").unwrap();
    let kept = "SELECT count(*) FROM terms WHERE term = 'zanzibar'";
    assert_eq!(db.query_row(kept, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    let blocks = "SELECT count(*) FROM search_words_data WHERE instr(block, CAST('zanzibar' AS BLOB)) > 0";
    assert_eq!(db.query_row(blocks, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

/// What is deleted, is kept no longer or was somebody's who has gone stands nowhere in the file any more, in no page that is free
/// either. Only beginnings of words can stay, where they part two pages of the index of words, and short ones at that.
#[tokio::test]
async fn the_file_forgets_what_is_gone() {
    for way in [Way::Deletion, Way::Retention, Way::Departure] {
        let (folder, store) = opened();
        let (ann, notes) = notes_of(&store, "ann").await;
        let mut beginnings = HashSet::new();
        for number in 0..WORDS {
            let beginning = format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let text = format!("{beginning}Zanzibar {}", "x ".repeat(20));
            beginnings.insert(beginning.into_bytes()[..LETTERS].to_vec());
            store.append(vec![note(ann, notes, &number.to_string(), &text)]).await.unwrap();
        }
        index(&store, notes).await;
        way.goes(&store, ann, notes).await;
        index(&store, notes).await;
        store.close().await;
        let file = std::fs::read(folder.path().join("chat.db")).unwrap().to_ascii_lowercase();
        let stays = |bytes: &&[u8]| *bytes == b"zanzibar" || beginnings.contains(*bytes);
        let found = file.windows(LETTERS).find(stays).map(String::from_utf8_lossy);
        assert_eq!(found, None, "{way:?}");
    }
}

/// So many words take several pages of the index.
const WORDS: u64 = 600;
/// So many letters of one of them say something.
const LETTERS: usize = 8;

async fn index(store: &SqliteStore, conversation: ConversationId) {
    while !store.index(vec![conversation], 100).await.unwrap().is_empty() {}
}

/// How messages go.
#[derive(Debug)]
enum Way {
    Deletion,
    Retention,
    Departure,
}

/// Takes away all that somebody wrote; how many entries that were in each step.
async fn blanked(store: &SqliteStore, user: UserId) -> Vec<u32> {
    let (mut from, mut steps) = (None, Vec::new());
    loop {
        let step = store.blank_entries(user, from, 200).await.unwrap();
        steps.push(step.entries);
        from = step.next;
        if from.is_none() {
            return steps;
        }
    }
}

/// A log is gone through in parts, so that a long one of others' holds nobody up.
#[tokio::test]
async fn what_a_departed_one_said_is_found_anywhere_in_a_long_log() {
    let (folder, store) = opened();
    let (ann, _) = notes_of(&store, "ann").await;
    let bob = NewUser { name: "bob".parse().unwrap(), password_hash: String::new(), at: 1 };
    let bob = store.create_user(bob).await.unwrap().unwrap();
    let chat = store.open_direct(ann, bob, ConversationId::from_bits(7)).await.unwrap();
    let db = Connection::open(folder.path().join("chat.db")).unwrap();
    let sql = "WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 120000)
       INSERT INTO entries (conversation, seq, at, sender, client_id, text)
       SELECT ?1, seq, 1, iif(seq IN (1, 50000, 50001, 120000), ?2, ?3), seq, 'x' FROM n";
    db.execute(sql, rusqlite::params![value::conversation(chat), ann, bob]).unwrap();
    db.execute("UPDATE conversations SET head = 120000 WHERE low <> high", []).unwrap();
    assert!(store.end_account(ann, &"deleted-1".parse().unwrap(), 2).await.unwrap());
    assert_eq!(blanked(&store, ann).await, [2, 1, 1]);
    let left = "SELECT count(*) FROM entries WHERE sender = ?1 AND text <> ''";
    assert_eq!(db.query_row(left, [ann], |row| row.get::<_, u32>(0)).unwrap(), 0);
    store.close().await;
}

impl Way {
    async fn goes(&self, store: &SqliteStore, ann: UserId, notes: ConversationId) {
        match self {
            Self::Deletion => {
                for number in 1..=WORDS {
                    let body = NewBody::Deletion { target: Seq::new(number).unwrap() };
                    let deletion = NewEntry { body, ..note(ann, notes, &format!("d{number}"), "") };
                    store.append(vec![deletion]).await.unwrap()[0].as_ref().unwrap();
                }
            }
            Self::Retention => while store.expire(notes, 2, 2, 200).await.unwrap().more {},
            Self::Departure => {
                assert!(store.end_account(ann, &"deleted-1".parse().unwrap(), 2).await.unwrap());
                blanked(store, ann).await;
            }
        }
    }
}
