//! An upload: begun once, gone on with wherever it broke off, and compared with what is on this disk at the end.

mod body;
mod exchange;

use super::job::{End, Job, Trouble};
use super::journal::{self, Entry, Note, Progress};
use super::source::{Look, Source};
use super::step::Step;
use super::{Subject, TransferChange, TransferError, UploadRequest};
use crate::{fresh_client_id, plain};
use chat_protocol::{Attachment, ErrorCode, FileId, file_name};
pub use exchange::forget;
use std::path::{Path, absolute};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// What telling the server that an upload is given up may take. If it never hears of it, the upload expires.
const GOODBYE: Duration = Duration::from_secs(5);

/// Runs a new one to its end, or goes on with the one that was begun under the same message's id.
pub async fn run(job: &mut Job, request: UploadRequest) -> Result<TransferChange, End> {
    let folder = job.shared.journal.clone();
    let begun = spawn_blocking(move || begin(request, folder.as_deref())).await;
    let (entry, note, source) = begun.map_err(|_| End::Stopped)??;
    resume(job, entry, note, source.map(Arc::new)).await
}

/// Goes on with what an earlier process left.
pub async fn take_up(job: &mut Job, entry: Entry, note: Note) -> Result<TransferChange, End> {
    resume(job, entry, note, None).await
}

type Begun = (Entry, Note, Option<Source>);

fn begin(request: UploadRequest, folder: Option<&Path>) -> Result<Begun, TransferError> {
    let UploadRequest { path, to, text, client_id } = request;
    let path = absolute(&path).unwrap_or(path);
    let left = client_id.as_ref().zip(folder).and_then(|(id, folder)| journal::left_of(folder, id));
    let client_id = client_id.unwrap_or_else(fresh_client_id);
    let source = Source::open(&path)?;
    let entry = Entry { path, look: source.look(), to, text, client_id, progress: Progress::Nothing };
    if let Some((known, mut note)) = left {
        let is_same = Entry { progress: Progress::Nothing, ..known.clone() } == entry;
        if is_same {
            return Ok((known, note, Some(source)));
        }
        note.remove();
    }
    let note = match folder {
        Some(folder) => {
            Note::begin(folder, &entry).map_err(|error| TransferError::Journal(plain::system(&error)))?
        }
        None => Note::nowhere(),
    };
    Ok((entry, note, Some(source)))
}

async fn resume(
    job: &mut Job,
    entry: Entry,
    note: Note,
    source: Option<Arc<Source>>,
) -> Result<TransferChange, End> {
    let name = file_name(&entry.path.file_name().unwrap_or_default().to_string_lossy());
    let subject = Subject::Upload { to: entry.to.clone(), text: entry.text.clone() };
    let (bytes_total, shown) = (entry.look.size, name.clone());
    job.tell(TransferChange::Started { subject, name: shown, bytes_total }).await;
    let id = match &entry.progress {
        Progress::Nothing => None,
        Progress::Begun(id) => Some(*id),
        // Only the message may be missing.
        Progress::Uploaded(file) => return Ok(uploaded(job, &entry, note, Attachment::clone(file))),
    };
    let mut upload = Upload { job, name, look: entry.look, note, id, reached: 0 };
    match upload.run(&entry, source).await {
        Ok(file) => {
            let Upload { job, note, .. } = upload;
            Ok(uploaded(job, &entry, note, file))
        }
        Err(end) => {
            upload.end(&end).await;
            Err(end)
        }
    }
}

fn uploaded(job: &Job, entry: &Entry, note: Note, file: Attachment) -> TransferChange {
    job.keep_until_sent(note, file.id);
    let Entry { to, text, client_id, .. } = entry.clone();
    TransferChange::Uploaded { file, to, text, client_id }
}

struct Upload<'a> {
    job: &'a mut Job,
    name: String,
    look: Look,
    note: Note,
    /// Under which the server knows it.
    id: Option<FileId>,
    /// The largest offset that the server has told.
    reached: u64,
}

impl Upload<'_> {
    async fn run(&mut self, entry: &Entry, source: Option<Arc<Source>>) -> Result<Attachment, End> {
        let source = match source {
            Some(source) => source,
            None => {
                let path = entry.path.clone();
                let opened = spawn_blocking(move || Source::open(&path)).await;
                Arc::new(opened.map_err(|_| End::Stopped)??)
            }
        };
        if source.look() != entry.look {
            return Err(TransferError::Changed(entry.path.clone()).into());
        }
        let shared = Arc::clone(&self.job.shared);
        let _turn = self.job.turn(&shared).await?;
        self.check_size(shared.login.borrow().file_bytes_max)?;
        loop {
            match self.attempt(&source).await {
                Ok(file) => return Ok(file),
                Err(trouble) => self.job.rest(trouble).await?,
            }
        }
    }

    fn check_size(&self, bytes_max: Option<u64>) -> Result<(), TransferError> {
        match bytes_max {
            Some(0) => {
                let message = "this server takes no files".to_owned();
                Err(TransferError::Refused { code: ErrorCode::FileTooLarge, message })
            }
            Some(bytes_max) if self.look.size > bytes_max => {
                Err(TransferError::TooLarge { bytes: self.look.size, bytes_max })
            }
            _ => Ok(()),
        }
    }

    /// From where the server says that it is to its end.
    async fn attempt(&mut self, source: &Arc<Source>) -> Result<Attachment, Trouble> {
        source.check()?;
        let mut step = match self.id {
            Some(id) => self.ask(id).await?,
            None => self.create().await?,
        };
        loop {
            step = match (step, self.id) {
                (Step::Append(offset), Some(id)) => {
                    if offset > self.reached {
                        self.reached = offset;
                        self.job.backoff.reset();
                    }
                    self.append(source, id, offset).await?
                }
                (Step::Whole, Some(id)) => return self.compare(source, id).await,
                (Step::Anew | Step::Append(_) | Step::Whole, _) => {
                    (self.id, self.reached) = (None, 0);
                    let cause = "the server has forgotten what had come; it begins anew".to_owned();
                    return Err(Trouble::Later { cause, after: None });
                }
                (Step::Later { cause, after }, _) => return Err(Trouble::Later { cause, after }),
                (Step::End(error), _) => return Err(error.into()),
            }
        }
    }

    /// Leaves nothing behind, unless it can go on some time.
    async fn end(&mut self, end: &End) {
        if matches!(end, End::Stopped | End::Failed(TransferError::LoggedOut)) {
            return;
        }
        self.note.remove();
        if let Some(id) = self.id.take() {
            forget(self.job, id).await;
        }
    }
}
