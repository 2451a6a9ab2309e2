//! Files in an archive.

use super::*;
use crate::store::{NewBody, NewUpload, Quota};
use chat_protocol::{Attachment, ContentHash, FileId};

fn file(id: u64, object: u64) -> FileRecord {
    FileRecord {
        id: FileId::from_bits(id),
        owner: ANN,
        name: format!("\u{202e}{id}.png"),
        media_type: "image/png".to_owned(),
        size: 5_000,
        object: FileId::from_bits(object),
        sha256: ContentHash::from_bytes([u8::try_from(object & 0xff).unwrap(); 32]),
    }
}

fn entry_with(number: u64, file: &FileRecord) -> EntryRecord {
    let FileRecord { id, name, media_type, size, sha256, .. } = file.clone();
    let attachment = Some(Box::new(Attachment { id, name, size, media_type, sha256 }));
    let body = NewBody::Message { text: "look".to_owned(), file: Some(id), reply_to: None };
    EntryRecord { body, attachment, ..entry(number, "") }
}

/// When the move ended, and more than a week later.
const NOW: u64 = 1 << 40;
const LATER: u64 = NOW + (1 << 30);

pub async fn files_are_kept_exactly_and_counted(store: &impl Archive) {
    filled(store).await;
    // Two of one content, one of which is on an entry, and one on nothing.
    let (sent, twin, loose) = (file(1, 1), file(2, 1), file(u64::MAX, u64::MAX));
    let rows = vec![loose.clone(), sent.clone(), twin.clone()];
    for _ in 0..2 {
        store.put(rows.clone()).await.unwrap();
        store.put_entries(vec![entry_with(8, &sent)]).await.unwrap();
        store.count_files(NOW).await.unwrap();
        assert_eq!(all::<FileRecord>(store).await, rows);
        assert_eq!(store.entries(TALK, seq(7), 9).await.unwrap(), [entry_with(8, &sent)]);
    }
    for other in [
        FileRecord { name: "other".to_owned(), ..sent.clone() },
        FileRecord { size: 1, ..sent.clone() },
        FileRecord { object: FileId::from_bits(77), ..file(3, 1) },
        FileRecord { sha256: ContentHash::from_bytes([9; 32]), ..file(3, 1) },
    ] {
        let error = store.put(vec![other.clone()]).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{other:?}: {error}");
    }
    assert!(store.file(BOB, sent.id).await.unwrap().is_some(), "it hangs where he is");
    assert!(store.file(BOB, twin.id).await.unwrap().is_none());
    // The room of three files is taken: of 20,000 bytes, there is some for one more, and no more for a second.
    let upload = |bits| NewUpload {
        id: FileId::from_bits(bits),
        owner: ANN,
        name: "x".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 5_000,
        expires_at: 2 * LATER,
    };
    assert!(store.begin_upload(upload(10), Quota(20_000)).await.unwrap());
    assert!(!store.begin_upload(upload(11), Quota(20_000)).await.unwrap());
    // A server that goes on with it keeps what was sent, and what was not for as long as any other.
    store.sweep_files(NOW, NOW - 1).await.unwrap();
    assert_eq!(all::<FileRecord>(store).await, rows);
    store.sweep_files(LATER, LATER - 1).await.unwrap();
    assert_eq!(all::<FileRecord>(store).await, vec![sent]);
    assert_eq!(store.garbage(9).await.unwrap(), [loose.object], "the content of two is still one's");
}

pub async fn a_file_that_is_removed_leaves_its_content_to_others(store: &impl Archive) {
    filled(store).await;
    let (sent, twin) = (file(1, 1), file(2, 1));
    store.put(vec![sent.clone(), twin.clone()]).await.unwrap();
    store.put_entries(vec![entry_with(8, &sent)]).await.unwrap();
    let remove = async |row: &FileRecord| Shelf::<FileRecord>::remove(store, vec![row.key()]).await;
    remove(&sent).await.unwrap_err();
    remove(&twin).await.unwrap();
    remove(&twin).await.unwrap();
    assert_eq!(all::<FileRecord>(store).await, vec![sent]);
    assert_eq!(store.garbage(9).await.unwrap(), []);
    // The same content that went away and came again, under another id and under its own.
    let (gone, back) = (file(3, 3), FileRecord { object: FileId::from_bits(4), ..file(4, 3) });
    store.put(vec![gone.clone()]).await.unwrap();
    remove(&gone).await.unwrap();
    assert_eq!(store.garbage(9).await.unwrap(), [gone.object]);
    store.put(vec![back.clone()]).await.unwrap();
    remove(&back).await.unwrap();
    store.put(vec![gone.clone()]).await.unwrap();
    assert_eq!(store.garbage(9).await.unwrap(), [back.object]);
    assert_eq!(
        store.unknown_bytes(vec![gone.object, FileId::from_bits(99)]).await.unwrap(),
        [FileId::from_bits(99)]
    );
}
