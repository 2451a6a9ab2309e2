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
                let mut from = None;
                loop {
                    from = store.blank_entries(ann, from, 200).await.unwrap().next;
                    if from.is_none() {
                        break;
                    }
                }
            }
        }
    }
}
