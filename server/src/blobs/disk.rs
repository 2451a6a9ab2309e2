//! Contents in a folder: `parts/<id>` while they come, `objects/<two digits>/<id>` when they are whole.
//!
//! A part is synced before it is renamed and the folder after it, so an object is whole at any moment. No name in here comes
//! from outside.

use super::{BlobError, BlobResult, Blobs, Part, Pieces};
use async_trait::async_trait;
use bytes::Bytes;
use chat_protocol::{ContentHash, FileId};
use futures_util::{StreamExt, stream};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Bytes that are read at once.
const PIECE_BYTES: u64 = 256 * 1024;
/// Bytes that are synced at once. Whatever else waits for the disk meanwhile, as a message's commit does, waits for no more.
const SYNCED_BYTES: u64 = 1024 * 1024;
/// Room that uploads leave on the disk: for messages, and for giving files up.
const RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// Contents in one folder. It is used by one server at a time, which the lock on the store beside it sees to.
#[derive(Debug, Clone)]
pub struct Disk {
    parts: PathBuf,
    objects: PathBuf,
}

impl Disk {
    /// Takes the folder, made if there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let disk = Self { parts: folder.join("parts"), objects: folder.join("objects") };
        for folder in [&disk.parts, &disk.objects] {
            make_folder(folder)?;
        }
        sync_folder(folder)?;
        Ok(disk)
    }

    fn part_path(&self, id: FileId) -> PathBuf {
        self.parts.join(id.to_string())
    }

    fn object_path(&self, id: FileId) -> PathBuf {
        let name = id.to_string();
        // So that no folder holds more than a 256th of all.
        self.objects.join(&name[..2]).join(name)
    }

    /// Opens a part to go on at this offset.
    fn open_part(&self, id: FileId, offset: u64) -> io::Result<File> {
        let path = self.part_path(id);
        let mut options = OpenOptions::new();
        options.write(true).create(offset == 0).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = match options.open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // It was kept, and the server ended before the store knew: it is still an upload.
                fs::rename(self.object_path(id), &path)?;
                options.open(&path)?
            }
            opened => opened?,
        };
        if file.metadata()?.len() < offset {
            return Err(ErrorKind::NotFound.into());
        }
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }

    fn keep_now(&self, id: FileId, size: u64) -> io::Result<()> {
        let (part, object) = (self.part_path(id), self.object_path(id));
        let has_all = |file: &File| Ok::<_, io::Error>(file.metadata()?.len() == size);
        match File::open(&part) {
            Ok(file) if has_all(&file)? => file.sync_all()?,
            // The rename was done before, and whoever asked for it never heard.
            Err(error) if error.kind() == ErrorKind::NotFound && has_all(&File::open(&object)?)? => {
                return Ok(());
            }
            Ok(_) => return Err(ErrorKind::NotFound.into()),
            Err(error) => return Err(error),
        }
        let folder = object.parent().unwrap_or(&self.objects);
        if make_folder(folder)? {
            sync_folder(&self.objects)?;
        }
        fs::rename(&part, &object)?;
        sync_folder(folder)
    }
}

#[async_trait]
impl Blobs for Disk {
    async fn part(&self, id: FileId, offset: u64, _tail: &[u8]) -> BlobResult<Box<dyn Part>> {
        let (disk, parts) = (self.clone(), self.parts.clone());
        let opened = blocking(move || disk.open_part(id, offset));
        let file = opened.await.map_err(|error| meaning(&error, id))?;
        let unlisted = (offset == 0).then_some(parts);
        Ok(Box::new(DiskPart {
            id,
            file: Arc::new(file),
            unlisted,
            saved: offset,
            synced: offset,
            written: offset,
        }))
    }

    async fn keep(&self, id: FileId, size: u64, _hash: ContentHash, _tail: &[u8]) -> BlobResult<()> {
        let disk = self.clone();
        blocking(move || disk.keep_now(id, size)).await.map_err(|error| not_durable(&error, id))
    }

    async fn read(&self, id: FileId, range: Range<u64>) -> BlobResult<Pieces> {
        let path = self.object_path(id);
        let start = range.start;
        let opened = blocking(move || {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(start))?;
            Ok(file)
        });
        let file = opened.await.map_err(|error| meaning(&error, id))?;
        let left = range.end.saturating_sub(range.start);
        let pieces = stream::try_unfold((file, left), move |(file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let (piece, file) = blocking(move || read_piece(file, left.min(PIECE_BYTES)))
                .await
                .map_err(|error| meaning(&error, id))?;
            let left = left - piece.len() as u64;
            Ok(Some((piece, (file, left))))
        });
        Ok(pieces.boxed())
    }

    async fn remove(&self, id: FileId) -> BlobResult<()> {
        let paths = [self.part_path(id), self.object_path(id)];
        let removed = blocking(move || {
            paths.iter().try_for_each(|path| match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
        });
        removed.await.map_err(|error| meaning(&error, id))
    }

    async fn stored(&self, older_than: Duration) -> BlobResult<Vec<FileId>> {
        let disk = self.clone();
        let listed = blocking(move || {
            let before = SystemTime::now().checked_sub(older_than).unwrap_or(SystemTime::UNIX_EPOCH);
            let mut ids = Vec::new();
            list(&disk.parts, before, &mut ids)?;
            for folder in fs::read_dir(&disk.objects)? {
                let folder = folder?;
                if folder.file_type()?.is_dir() {
                    list(&folder.path(), before, &mut ids)?;
                }
            }
            Ok(ids)
        });
        listed.await.map_err(|error| BlobError::Unavailable(error.to_string()))
    }
}

/// The ids in a folder whose files have not changed since. What has another name is not ours.
fn list(folder: &Path, before: SystemTime, ids: &mut Vec<FileId>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        match entry.metadata() {
            Ok(about) if about.modified()? <= before => ids.push(id),
            Ok(_) => {}
            // It went in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn read_piece(file: File, count: u64) -> io::Result<(Bytes, File)> {
    let mut bytes = Vec::with_capacity(usize::try_from(count).unwrap_or(usize::MAX));
    (&file).take(count).read_to_end(&mut bytes)?;
    // Objects never change, so one that is too short is damaged.
    if (bytes.len() as u64) < count { Err(ErrorKind::NotFound.into()) } else { Ok((bytes.into(), file)) }
}

struct DiskPart {
    id: FileId,
    file: Arc<File>,
    /// The folder that may not durably hold the part's name yet.
    unlisted: Option<PathBuf>,
    /// How much of it was made durable.
    saved: u64,
    synced: u64,
    written: u64,
}

impl DiskPart {
    async fn sync(&mut self) -> BlobResult<()> {
        let (file, saved) = (Arc::clone(&self.file), self.saved);
        let synced = blocking(move || file.sync_data().inspect_err(|_| give_back(&file, saved)));
        synced.await.map_err(|error| not_durable(&error, self.id))?;
        self.synced = self.written;
        Ok(())
    }
}

/// A full disk is not kept full by what does not count.
fn give_back(file: &File, saved: u64) {
    let _ = file.set_len(saved);
}

#[async_trait]
impl Part for DiskPart {
    async fn write(&mut self, bytes: Bytes) -> BlobResult<()> {
        let (file, saved, count) = (Arc::clone(&self.file), self.saved, bytes.len() as u64);
        let written = blocking(move || {
            let done = has_room(&file).and_then(|()| (&*file).write_all(&bytes));
            done.inspect_err(|_| give_back(&file, saved))
        });
        written.await.map_err(|error| meaning(&error, self.id))?;
        self.written += count;
        if self.written - self.synced >= SYNCED_BYTES {
            self.sync().await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> BlobResult<Vec<u8>> {
        self.sync().await?;
        if let Some(parts) = self.unlisted.take() {
            let listed = blocking(move || sync_folder(&parts));
            listed.await.map_err(|error| not_durable(&error, self.id))?;
        }
        self.saved = self.written;
        Ok(Vec::new())
    }
}

/// Whether there is room for more than the database and the collector need.
fn has_room(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::fstatvfs(file)?;
        // Some file systems do not tell.
        if disk.f_blocks > 0 && disk.f_bavail.saturating_mul(disk.f_frsize) < RESERVE_BYTES {
            return Err(ErrorKind::StorageFull.into());
        }
    }
    let _ = file;
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Makes a folder for the server's user only; true when there was none.
fn make_folder(folder: &Path) -> io::Result<bool> {
    if folder.is_dir() {
        return Ok(false);
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    Ok(true)
}

/// Makes the names in a folder durable. Elsewhere than on Unix a folder cannot be synced, and need not be.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn meaning(error: &io::Error, id: FileId) -> BlobError {
    match error.kind() {
        ErrorKind::NotFound => BlobError::Missing(id),
        _ => BlobError::Unavailable(error.to_string()),
    }
}

/// What an error means where bytes were to become durable. After a full disk the upload is written again from where it was saved
/// before; after anything else it is not known what the disk has, and asking it again may be answered wrongly.
fn not_durable(error: &io::Error, id: FileId) -> BlobError {
    match error.kind() {
        ErrorKind::NotFound
        | ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded
        | ErrorKind::FileTooLarge
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::PermissionDenied => meaning(error, id),
        _ => BlobError::Failed(error.to_string()),
    }
}
