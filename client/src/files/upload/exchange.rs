//! What an upload says to the server, and what it makes of the answers.

use super::body::Sending;
use super::{GOODBYE, Upload};
use crate::files::TransferError;
use crate::files::http::{Reply, TUS_RESUMABLE, UPLOAD_LENGTH, UPLOAD_METADATA, UPLOAD_OFFSET, nothing};
use crate::files::job::{End, Job, PROGRESS_EVERY, Trouble};
use crate::files::pulse::Pulse;
use crate::files::source::Source;
use crate::files::step::{Step, after_append, after_ask, after_create, otherwise};
use crate::plain;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chat_protocol::{Attachment, ErrorCode, FileId};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use http::{Method, StatusCode};
use std::sync::Arc;
use tokio::time::{interval, timeout};

const UPLOADS: &str = "/api/uploads";

impl Upload<'_> {
    /// Begins it. A cancellation lets it come to an answer: else the server would know of something that we do not.
    pub(super) async fn create(&mut self) -> Result<Step, Trouble> {
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

    pub(super) async fn ask(&self, id: FileId) -> Result<Step, Trouble> {
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
    pub(super) async fn append(
        &mut self,
        source: &Arc<Source>,
        id: FileId,
        offset: u64,
    ) -> Result<Step, Trouble> {
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
        Ok(after_append(&reply?.answer().await?, offset, size))
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
            Ok(()) => {
                TransferError::Unreadable { path: source.path().to_owned(), cause: plain::system(error) }
            }
        }
    }

    /// Compares what the server has with what is here.
    pub(super) async fn compare(&mut self, source: &Arc<Source>, id: FileId) -> Result<Attachment, Trouble> {
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
}

/// Tells the server that nobody wants this file. If it cannot be told, it finds out by itself.
pub async fn forget(job: &Job, id: FileId) {
    let Ok(http) = job.http() else { return };
    let (pulse, path) = (Pulse::new(), format!("{UPLOADS}/{id}"));
    let headers = [(TUS_RESUMABLE, "1.0.0".to_owned())];
    let _ = timeout(GOODBYE, http.ask(Method::DELETE, &path, &headers, nothing(), &pulse)).await;
}
