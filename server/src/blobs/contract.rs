//! What every blob store must do, told as stories. [`run_for!`] makes a test of each for one of them.

use super::*;
use futures_util::TryStreamExt;

/// Makes the contract's tests for what `$open` opens: an expression that gives a guard and a blob store.
macro_rules! run_for {
    ($open:expr) => {
        $crate::blobs::contract::run_for! { $open;
            what_was_kept_is_read_back, any_range_can_be_read, a_part_goes_on_where_it_was_saved,
            what_was_not_saved_is_overwritten, keeping_again_is_harmless,
            what_was_kept_may_be_gone_on_with_as_a_part, a_part_that_is_short_is_not_kept,
            what_was_removed_is_gone, everything_old_is_listed
        }
    };
    ($open:expr; $($story:ident),*) => {
        $(#[tokio::test]
        async fn $story() {
            let (_guard, blobs) = $open;
            $crate::blobs::contract::$story(&blobs).await;
        })*
    };
}
pub(crate) use run_for;

const ID: FileId = FileId::from_bits(0xf11e);
const OTHER: FileId = FileId::from_bits(2);
const HASH: ContentHash = ContentHash::from_bytes([7; 32]);
/// Enough for several pieces of any store, and no multiple of any.
const LONG: usize = 1_500_001;

fn bytes(count: usize) -> Bytes {
    (0..count).map(|place| u8::try_from(place * 31 % 251).unwrap()).collect()
}

async fn keep(blobs: &impl Blobs, id: FileId, bytes: &Bytes) {
    let mut part = blobs.part(id, 0, &[]).await.unwrap();
    for piece in bytes.chunks(100_000) {
        part.write(Bytes::copy_from_slice(piece)).await.unwrap();
    }
    let tail = part.save().await.unwrap();
    blobs.keep(id, bytes.len() as u64, HASH, &tail).await.unwrap();
}

async fn read(blobs: &impl Blobs, id: FileId, range: Range<u64>) -> BlobResult<Vec<u8>> {
    let pieces = blobs.read(id, range).await?;
    pieces.try_fold(Vec::new(), |all, piece| async move { Ok([all, piece.to_vec()].concat()) }).await
}

pub async fn what_was_kept_is_read_back(blobs: &impl Blobs) {
    for (number, count) in [0, 1, 261_120, LONG].into_iter().enumerate() {
        let (id, bytes) = (FileId::from_bits(number as u64), bytes(count));
        keep(blobs, id, &bytes).await;
        assert!(read(blobs, id, 0..count as u64).await.unwrap() == bytes, "{count} bytes");
    }
}

pub async fn any_range_can_be_read(blobs: &impl Blobs) {
    let bytes = bytes(LONG);
    keep(blobs, ID, &bytes).await;
    for range in [0..0, 0..1, 5..6, 261_119..261_121, 1000..LONG, LONG - 1..LONG, 0..LONG] {
        let wanted = range.start as u64..range.end as u64;
        assert!(read(blobs, ID, wanted).await.unwrap() == bytes[range.clone()], "{range:?}");
    }
}

pub async fn a_part_goes_on_where_it_was_saved(blobs: &impl Blobs) {
    let bytes = bytes(LONG);
    let (mut offset, mut tail) = (0, Vec::new());
    for step in [1, 10, 261_120, 300_000, LONG] {
        let end = (offset + step).min(LONG);
        let mut part = blobs.part(ID, offset as u64, &tail).await.unwrap();
        part.write(bytes.slice(offset..end)).await.unwrap();
        (offset, tail) = (end, part.save().await.unwrap());
    }
    blobs.keep(ID, LONG as u64, HASH, &tail).await.unwrap();
    assert!(read(blobs, ID, 0..LONG as u64).await.unwrap() == bytes);
}

pub async fn what_was_not_saved_is_overwritten(blobs: &impl Blobs) {
    let bytes = bytes(LONG);
    let mut part = blobs.part(ID, 0, &[]).await.unwrap();
    part.write(bytes.slice(..300_000)).await.unwrap();
    let tail = part.save().await.unwrap();
    part.write(Bytes::from(vec![b'x'; 900_000])).await.unwrap();
    drop(part);
    let mut part = blobs.part(ID, 300_000, &tail).await.unwrap();
    part.write(bytes.slice(300_000..)).await.unwrap();
    let tail = part.save().await.unwrap();
    blobs.keep(ID, LONG as u64, HASH, &tail).await.unwrap();
    assert!(read(blobs, ID, 0..LONG as u64).await.unwrap() == bytes);
}

pub async fn keeping_again_is_harmless(blobs: &impl Blobs) {
    let bytes = bytes(300_000);
    let mut part = blobs.part(ID, 0, &[]).await.unwrap();
    part.write(bytes.clone()).await.unwrap();
    let tail = part.save().await.unwrap();
    for _ in 0..2 {
        blobs.keep(ID, 300_000, HASH, &tail).await.unwrap();
        assert!(read(blobs, ID, 0..300_000).await.unwrap() == bytes);
    }
}

/// A crash after the bytes were kept and before the store knew leaves an upload that is whole.
pub async fn what_was_kept_may_be_gone_on_with_as_a_part(blobs: &impl Blobs) {
    let bytes = bytes(300_000);
    keep(blobs, ID, &bytes).await;
    let tail = {
        let mut part = blobs.part(OTHER, 0, &[]).await.unwrap();
        part.write(bytes.clone()).await.unwrap();
        part.save().await.unwrap()
    };
    for _ in 0..2 {
        let mut part = blobs.part(ID, 300_000, &tail).await.unwrap();
        assert_eq!(part.save().await.unwrap(), tail);
        blobs.keep(ID, 300_000, HASH, &tail).await.unwrap();
        assert!(read(blobs, ID, 0..300_000).await.unwrap() == bytes);
    }
}

pub async fn a_part_that_is_short_is_not_kept(blobs: &impl Blobs) {
    let mut part = blobs.part(ID, 0, &[]).await.unwrap();
    part.write(bytes(300_000)).await.unwrap();
    let tail = part.save().await.unwrap();
    assert!(blobs.keep(ID, 300_001, HASH, &tail).await.is_err());
    assert!(read(blobs, ID, 0..300_000).await.is_err(), "a part cannot be read");
}

pub async fn what_was_removed_is_gone(blobs: &impl Blobs) {
    keep(blobs, ID, &bytes(300_000)).await;
    let other = FileId::from_bits(2);
    blobs.part(other, 0, &[]).await.unwrap().write(bytes(300_000)).await.unwrap();
    for id in [ID, other, FileId::from_bits(3)] {
        blobs.remove(id).await.unwrap();
        assert!(read(blobs, id, 0..1).await.is_err());
    }
    assert_eq!(blobs.stored(Duration::ZERO).await.unwrap(), []);
}

pub async fn everything_old_is_listed(blobs: &impl Blobs) {
    keep(blobs, ID, &bytes(300_000)).await;
    let other = FileId::from_bits(2);
    let mut part = blobs.part(other, 0, &[]).await.unwrap();
    part.write(bytes(300_000)).await.unwrap();
    part.save().await.unwrap();
    let mut stored = blobs.stored(Duration::ZERO).await.unwrap();
    stored.sort();
    assert_eq!(stored, [other, ID]);
    assert_eq!(blobs.stored(Duration::from_secs(3600)).await.unwrap(), []);
}

mod on_disk {
    use crate::blobs::{Blobs, Disk};

    crate::blobs::contract::run_for!({
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        (folder, disk)
    });

    #[tokio::test]
    async fn what_is_not_ours_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        super::keep(&disk, super::ID, &super::bytes(10)).await;
        std::fs::write(folder.path().join("objects/stray"), "x").unwrap();
        std::fs::write(folder.path().join("objects/00/stray"), "x").unwrap();
        assert_eq!(disk.stored(std::time::Duration::ZERO).await.unwrap(), [super::ID]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::open(folder.path()).unwrap();
        super::keep(&disk, super::ID, &super::bytes(10)).await;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let object = folder.path().join("objects/00/000000000000f11e");
        assert_eq!((mode(&object), mode(object.parent().unwrap())), (0o600, 0o700));
        assert_eq!(disk.stored(std::time::Duration::ZERO).await.unwrap(), [super::ID]);
    }
}

mod in_gridfs {
    use crate::store::{MongoStore, MongoUrl};

    crate::blobs::contract::run_for!({
        let url: MongoUrl = chat_test_services::fresh_mongodb().parse().unwrap();
        let store = MongoStore::open(&url).await.unwrap();
        let blobs = store.blobs();
        (store, blobs)
    });
}
