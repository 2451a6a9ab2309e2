//! An upload: begun once, gone on with wherever it broke off, and compared with what is on this disk at the end.

mod body;

use super::http::{Reply, TUS_RESUMABLE, UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, nothing};
use super::job::{End, Job, PROGRESS_EVERY, Trouble};
use super::journal::{self, Entry, Note, Progress};
use super::pulse::Pulse;
use super::source::{Look, Source, plain};
use super::step::{Step, after_append, after_ask, after_create, otherwise};
use super::{Subject, TransferChange, TransferError, UploadRequest};
use crate::fresh_client_id;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use body::Sending;
use chat_protocol::{Attachment, ErrorCode, FileId, file_name};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use http::{Method, StatusCode};
use std::path::absolute;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{interval, timeout};

const UPLOADS: &str = "/api/uploads";
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

fn begin(request: UploadRequest, folder: Option<&std::path::Path>) -> Result<Begun, TransferError> {
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
        Some(folder) => Note::begin(folder, &entry).map_err(|error| TransferError::Journal(plain(&error)))?,
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

    /// Begins it. A cancellation lets it come to an answer: else the server would know of something that we do not.
    async fn create(&mut self) -> Result<Step, Trouble> {
        let headers = [
            (TUS_RESUMABLE, "1.0.0".to_owned()),
            (UPLOAD_LENGTH, self.look.size.to_string()),
            (UPLOAD_METADATA, format!("filename {}", BASE64.encode(&self.name))),
        ];
        let (http, pulse) = (self.job.http()?, Pulse::new());
        let asking = http.ask(Method::POST, UPLOADS, &headers, nothing(), &pulse);
        let too_late = async {
            self.job.cancel.cancelled().await;
            tokio::time::sleep(GOODBYE).await;
        };
        let reply = tokio::select! {
            reply = asking => reply?,
            () = too_late => return Err(End::Cancelled.into()),
            () = self.job.shared.stop.cancelled() => return Err(End::Stopped.into()),
        };
        let id = reply.header(&LOCATION).and_then(|place| place.rsplit('/').next()?.parse().ok());
        let step = after_create(&reply.answer().await?, self.look.size);
        if matches!(step, Step::Append(_) | Step::Whole) {
            let no_id = || TransferError::Refused {
                code: ErrorCode::Unknown,
                message: "the server did not say where to upload to".to_owned(),
            };
            let id = id.ok_or_else(no_id)?;
            self.id = Some(id);
            self.note.begun(id);
        }
        Ok(step)
    }

    async fn ask(&self, id: FileId) -> Result<Step, Trouble> {
        let reply = self.head(&format!("{UPLOADS}/{id}")).await?;
        Ok(after_ask(&reply.answer().await?, self.look.size))
    }

    async fn head(&self, path: &str) -> Result<Reply, Trouble> {
        let (http, pulse) = (self.job.http()?, Pulse::new());
        let headers = [(TUS_RESUMABLE, "1.0.0".to_owned())];
        let asking = http.ask(Method::HEAD, path, &headers, nothing(), &pulse);
        Ok(self.job.wait_for(asking).await??)
    }

    /// Sends what is missing.
    async fn append(&mut self, source: &Arc<Source>, id: FileId, offset: u64) -> Result<Step, Trouble> {
        self.hash_up_to(source, offset).await?;
        let size = self.look.size;
        let headers: [(HeaderName, String); 4] = [
            (TUS_RESUMABLE, "1.0.0".to_owned()),
            (UPLOAD_OFFSET, offset.to_string()),
            (CONTENT_TYPE, "application/offset+octet-stream".to_owned()),
            (CONTENT_LENGTH, (size - offset).to_string()),
        ];
        let (http, pulse, sending) = (self.job.http()?, Pulse::new(), Sending::new(offset));
        let body = sending.body(Arc::clone(source), offset, pulse.clone());
        let path = format!("{UPLOADS}/{id}");
        let mut asking = std::pin::pin!(http.ask(Method::PATCH, &path, &headers, body, &pulse));
        let mut tick = interval(PROGRESS_EVERY);
        let reply = loop {
            let ticking = async {
                tokio::select! {
                    reply = &mut asking => Some(reply),
                    _ = tick.tick() => None,
                }
            };
            let reply = self.job.wait_for(ticking).await?;
            self.job.progress(sending.reached(), size);
            if let Some(reply) = reply {
                break reply;
            }
        };
        if let Some(error) = sending.read_error() {
            return Err(self.unreadable(source, &error).into());
        }
        Ok(after_append(&reply?.answer().await?, size))
    }

    /// What an earlier process sent is read again, to know the hash of the whole.
    async fn hash_up_to(&mut self, source: &Arc<Source>, place: u64) -> Result<(), Trouble> {
        while source.hashed() < place {
            let piece = self.job.wait_for(source.piece(source.hashed())).await?;
            piece.map_err(|error| self.unreadable(source, &error))?;
            self.job.progress(source.hashed(), self.look.size);
        }
        Ok(())
    }

    fn unreadable(&self, source: &Source, error: &std::io::Error) -> TransferError {
        match source.check() {
            Err(changed) => changed,
            Ok(()) => TransferError::Unreadable { path: source.path().to_owned(), cause: plain(error) },
        }
    }

    /// Compares what the server has with what is here.
    async fn compare(&mut self, source: &Arc<Source>, id: FileId) -> Result<Attachment, Trouble> {
        self.reached = self.look.size;
        self.hash_up_to(source, self.look.size).await?;
        source.check()?;
        let reply = self.head(&format!("/api/files/{id}")).await?;
        if reply.parts.status != StatusCode::OK {
            return Err(match otherwise(&reply.answer().await?) {
                Step::Later { cause, after } => Trouble::Later { cause, after },
                Step::End(error) => error.into(),
                Step::Append(_) | Step::Whole | Step::Anew => TransferError::Gone.into(),
            });
        }
        let sha256 = source.hash();
        if reply.header(&ETAG) != Some(format!("\"{sha256}\"").as_str()) {
            return Err(TransferError::Damaged.into());
        }
        let media_type = reply.header(&CONTENT_TYPE).and_then(|value| value.split(';').next());
        let media_type = media_type.unwrap_or("application/octet-stream").trim().to_owned();
        let file = Attachment { id, name: self.name.clone(), size: self.look.size, media_type, sha256 };
        self.note.uploaded(&file);
        Ok(file)
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

/// Tells the server that nobody wants this file. If it cannot be told, it finds out by itself.
pub async fn forget(job: &Job, id: FileId) {
    let Ok(http) = job.http() else { return };
    let (pulse, path) = (Pulse::new(), format!("{UPLOADS}/{id}"));
    let headers = [(TUS_RESUMABLE, "1.0.0".to_owned())];
    let _ = timeout(GOODBYE, http.ask(Method::DELETE, &path, &headers, nothing(), &pulse)).await;
}
