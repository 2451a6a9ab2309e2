//! A download: resumed after a break, checked against its hash, and visible only when it is whole.

use super::http::{Reply, SILENCE_MAX, nothing};
use super::job::{End, Job, Trouble};
use super::name::safe_name;
use super::partial::Partial;
use super::pulse::Pulse;
use super::step::{Step, otherwise};
use super::{Destination, DownloadRequest, Subject, TransferChange, TransferError};
use bytes::BytesMut;
use chat_protocol::Attachment;
use http::header::{CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// What is written at once.
const PIECE: usize = 256 * 1024;

/// Runs one to its end.
pub async fn run(job: &mut Job, request: DownloadRequest) -> Result<TransferChange, End> {
    let DownloadRequest { attachment, to } = request;
    let name = match &to {
        Destination::Folder(_) => safe_name(&attachment.name),
        Destination::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let (subject, bytes_total) = (Subject::Download(attachment.clone()), attachment.size);
    job.tell(TransferChange::Started { subject, name, bytes_total }).await;
    let shared = std::sync::Arc::clone(&job.shared);
    let _turn = job.turn(&shared).await?;
    let (destination, folder) = (to.clone(), to.clone());
    let partial = on_disk(&to, move || Partial::begin(&destination)).await?;
    let mut download = Download { job, attachment, partial: Some(partial), to: folder };
    loop {
        match download.attempt().await {
            Ok(()) => break,
            Err(trouble) => download.job.rest(trouble).await?,
        }
    }
    let Download { attachment, partial, .. } = download;
    let (partial, destination) = (partial.ok_or(TransferError::Damaged)?, to.clone());
    let path = on_disk(&to, move || partial.finish(&attachment.name, &destination)).await?;
    Ok(TransferChange::Saved { path })
}

struct Download<'a> {
    job: &'a mut Job,
    attachment: Attachment,
    /// Away only while it is being written.
    partial: Option<Partial>,
    to: Destination,
}

impl Download<'_> {
    /// Gets what is missing. All of it is there, and right, when this succeeds.
    async fn attempt(&mut self) -> Result<(), Trouble> {
        let before = self.written();
        let reply = self.ask(before).await?;
        let mut body = match reply.parts.status {
            StatusCode::OK => {
                if before > 0 {
                    self.change(|partial| partial.begin_anew()).await?;
                }
                reply
            }
            StatusCode::PARTIAL_CONTENT if begins_at(&reply, before, self.attachment.size) => reply,
            StatusCode::NOT_FOUND => return Err(TransferError::Gone.into()),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                self.change(|partial| partial.begin_anew()).await?;
                return Err(Trouble::Later { cause: "it begins anew".to_owned(), after: None });
            }
            _ => {
                return Err(match otherwise(&reply.answer().await?) {
                    Step::Later { cause, after } => Trouble::Later { cause, after },
                    Step::End(error) => error.into(),
                    Step::Append(_) | Step::Whole | Step::Anew => TransferError::Gone.into(),
                });
            }
        };
        if body.header(&ETAG).is_some_and(|etag| etag != self.etag()) {
            return Err(TransferError::Damaged.into());
        }
        let read = self.read(&mut body).await;
        if self.written() > before {
            self.job.backoff.reset();
        }
        read?;
        let is_right = self.partial.as_ref().is_some_and(|partial| partial.hash() == self.attachment.sha256);
        if is_right { Ok(()) } else { Err(TransferError::Damaged.into()) }
    }

    async fn ask(&self, from: u64) -> Result<Reply, Trouble> {
        let path = format!("/api/files/{}", self.attachment.id);
        let headers = match from {
            0 => Vec::new(),
            from => vec![(RANGE, format!("bytes={from}-")), (IF_RANGE, self.etag())],
        };
        let (http, pulse) = (self.job.http()?, Pulse::new());
        let asking = http.ask(Method::GET, &path, &headers, nothing(), &pulse);
        Ok(self.job.wait_for(asking).await??)
    }

    /// Reads until the file is whole. What came before a break is kept.
    async fn read(&mut self, reply: &mut Reply) -> Result<(), Trouble> {
        let mut waiting = BytesMut::with_capacity(PIECE);
        let mut broken = None;
        loop {
            let came = self.written() + waiting.len() as u64;
            self.job.progress(came, self.attachment.size);
            if came > self.attachment.size {
                return Err(TransferError::Damaged.into());
            }
            let frame = self.job.wait_for(timeout(SILENCE_MAX, reply.body.frame())).await?;
            match frame {
                Ok(Some(Ok(frame))) => waiting.extend(frame.into_data().ok()),
                Ok(Some(Err(error))) => broken = Some(super::http::lost(error).0),
                Ok(None) => broken = Some("the connection was closed".to_owned()),
                Err(_) => broken = Some("the server has gone silent".to_owned()),
            }
            if waiting.len() >= PIECE || broken.is_some() {
                let piece = waiting.split();
                self.change(move |partial| partial.write(&piece)).await?;
            }
            match broken {
                Some(_) if self.written() == self.attachment.size => return Ok(()),
                Some(cause) if self.written() < self.attachment.size => {
                    return Err(Trouble::Later { cause, after: None });
                }
                Some(_) => return Err(TransferError::Damaged.into()),
                None => {}
            }
        }
    }

    fn written(&self) -> u64 {
        self.partial.as_ref().map_or(0, Partial::written)
    }

    fn etag(&self) -> String {
        format!("\"{}\"", self.attachment.sha256)
    }

    /// Does something with what is there, off the async threads.
    async fn change(
        &mut self,
        change: impl FnOnce(&mut Partial) -> Result<(), TransferError> + Send + 'static,
    ) -> Result<(), TransferError> {
        let Some(mut partial) = self.partial.take() else { return Err(TransferError::Damaged) };
        let changing = move || change(&mut partial).map(|()| partial);
        self.partial = Some(on_disk(&self.to, changing).await?);
        Ok(())
    }
}

/// Whether the answer is the rest that was asked for.
fn begins_at(reply: &Reply, from: u64, size: u64) -> bool {
    let range = reply.header(&CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
    let parts =
        range.and_then(|range| range.split_once('-')?.0.parse::<u64>().ok().zip(range.split_once('/')));
    parts.is_some_and(|(begin, (_, total))| begin == from && total.parse() == Ok(size))
}

async fn on_disk<T: Send + 'static>(
    to: &Destination,
    work: impl FnOnce() -> Result<T, TransferError> + Send + 'static,
) -> Result<T, TransferError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        let (Destination::Folder(path) | Destination::File(path)) = to;
        Err(TransferError::Unwritable { path: path.clone(), cause: error.to_string() })
    })
}
