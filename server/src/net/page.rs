//! The page: its files stand in the binary.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{self, HeaderMap};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::OnceLock;

/// A file of `server/web`.
struct File {
    content_type: &'static str,
    bytes: &'static [u8],
    etag: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../web/", $name)).as_slice())),*]
    };
}

const FILES: &[(&str, &[u8])] = &files![
    "account.js",
    "acts.js",
    "address.js",
    "aim.js",
    "amounts.js",
    "app.js",
    "attachment.js",
    "backoff.js",
    "blocked.js",
    "body.js",
    "browse.js",
    "choices.js",
    "client.js",
    "completion.js",
    "composer.js",
    "connection.js",
    "conversation.js",
    "deleting.js",
    "delivery.js",
    "dom.js",
    "door.js",
    "drafts.js",
    "emoji.js",
    "emphasis.js",
    "erase.js",
    "excerpt.js",
    "explain.js",
    "fold.js",
    "formatted.js",
    "gist.js",
    "group.js",
    "happening.js",
    "http.js",
    "icon.svg",
    "index.html",
    "inline.js",
    "keys.js",
    "kinds.js",
    "leave.js",
    "link.js",
    "log.js",
    "main.js",
    "markup.js",
    "memberlist.js",
    "mention.js",
    "message.js",
    "meter.js",
    "names.js",
    "newgroup.js",
    "notice.js",
    "outbox.js",
    "outgoing.js",
    "pages.js",
    "panel.js",
    "pending.js",
    "people.js",
    "picker.js",
    "picking.js",
    "picture.js",
    "preference.js",
    "preferences.js",
    "preview.js",
    "progress.js",
    "query.js",
    "quote.js",
    "reactions.js",
    "readers.js",
    "receipts.js",
    "requests.js",
    "retention.js",
    "rows.js",
    "search.js",
    "session.js",
    "settings.js",
    "sidebar.js",
    "stranded.js",
    "style.css",
    "surroundings.js",
    "text.js",
    "time.js",
    "timeline.js",
    "tools.js",
    "tray.js",
    "tus.js",
    "typing.js",
    "typists.js",
    "uploader.js",
    "uploads.js",
    "versions.js",
    "viewer.js",
    "words.js",
];

/// The page itself.
pub async fn index(headers: HeaderMap) -> Response {
    respond("index.html", &headers)
}

/// What it is made of.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    respond(&name, &headers)
}

fn respond(name: &str, request: &HeaderMap) -> Response {
    let Some(file) = files().get(name) else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    // Always asked for again, so that a new server never meets an old page, but sent only when it changed.
    let headers = [(header::CACHE_CONTROL, "no-cache"), (header::ETAG, file.etag.as_str())];
    if request.get(header::IF_NONE_MATCH).is_some_and(|known| known == file.etag.as_str()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, file.content_type)], file.bytes).into_response()
}

fn files() -> &'static HashMap<&'static str, File> {
    static TABLE: OnceLock<HashMap<&str, File>> = OnceLock::new();
    TABLE.get_or_init(|| FILES.iter().map(|(name, bytes)| (*name, file(name, bytes))).collect())
}

fn file(name: &str, bytes: &'static [u8]) -> File {
    let mut etag = String::from("\"");
    for byte in &Sha256::digest(bytes)[..8] {
        write!(etag, "{byte:02x}").expect("writing to a string cannot fail");
    }
    etag.push('"');
    File { content_type: content_type(name), bytes, etag }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_it_makes_markup_of_a_text() {
        for (name, bytes) in FILES {
            let text = std::str::from_utf8(bytes).unwrap();
            for forbidden in [
                "innerHTML",
                "outerHTML",
                "insertAdjacent",
                "document.write",
                "srcdoc",
                "eval(",
                "style=",
                "onclick=",
            ] {
                assert!(!text.contains(forbidden), "{name} contains {forbidden}");
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_embedded_with_its_type() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let file = files().get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in FILES"));
            assert_ne!(file.content_type, "application/octet-stream", "{name}");
        }
    }
}
