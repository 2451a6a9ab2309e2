//! `POST /api/files`: a whole file in one request.

use super::asker::Asker;
use super::body::{Interrupted, Outcome, leave_unread, receive};
use super::headers;
use super::refusal::Refusal;
use crate::chat::Chat;
use crate::files::media_type;
use crate::net::answer::Refused;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use chat_protocol::{Attachment, ErrorCode};
use http::request::Parts;
use http::{StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    #[serde(rename = "type")]
    media_type: Option<String>,
}

/// Takes the body as a file, and answers with what a message that carries it will say of it.
pub async fn upload(State(chat): State<Arc<Chat>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A handler ends with its connection, and then nobody would give up what it has begun.
    let connections = chat.connections.clone();
    let taking = connections.spawn(async move { take(&chat, &parts, body).await });
    match taking.await {
        Ok(Ok(attachment)) => (StatusCode::CREATED, axum::Json(attachment)).into_response(),
        Ok(Err(refusal)) => refusal.into_response(),
        Err(error) => Refused::new(ErrorCode::Internal, error.to_string()).into_response(),
    }
}

async fn take(chat: &Arc<Chat>, parts: &Parts, body: Body) -> Result<Attachment, Refusal> {
    match begin(chat, parts).await {
        Ok((asker, id)) => {
            let received = match chat.files.resume(asker.user, id, 0).await {
                Ok(receiving) => receive(chat, asker, receiving, body, None, Interrupted::Forgotten).await,
                Err(error) => Err(error.into()),
            };
            match received {
                Ok(Outcome::File(attachment)) => Ok(attachment),
                Ok(Outcome::Part(_)) => Err(Refusal::malformed("the body ended before the file did")),
                Err(refusal) => {
                    // Nobody can go on with it. If it cannot be given up now, it is when it expires.
                    let _ = chat.files.abandon(asker.user, id).await;
                    Err(refusal)
                }
            }
        }
        Err(refusal) => {
            leave_unread(chat, body);
            Err(refusal)
        }
    }
}

async fn begin(chat: &Chat, parts: &Parts) -> Result<(Asker, chat_protocol::FileId), Refusal> {
    let asker = Asker::of(chat, &parts.method, &parts.headers).await?;
    let asked = Query::<Asked>::try_from_uri(&parts.uri);
    let Query(asked) = asked.map_err(|error| Refusal::malformed(error.body_text()))?;
    let size = headers::number(&parts.headers, &header::CONTENT_LENGTH)?.ok_or_else(|| {
        let refused = Refused::new(ErrorCode::BadField, "say how long the file is: send a Content-Length");
        Refusal::new(StatusCode::LENGTH_REQUIRED, refused)
    })?;
    let said = asked.media_type.as_deref().or(headers::text(&parts.headers, &header::CONTENT_TYPE));
    let media_type = media_type(said, &asked.name);
    let id = chat.files.begin(asker.user, &asked.name, media_type, size).await?;
    Ok((asker, id))
}
