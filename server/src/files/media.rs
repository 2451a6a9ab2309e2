//! What a file may be called: a short list of types that run nothing wherever they are opened.

/// The types, each with the extensions that it is known by when nobody says.
const TYPES: &[(&str, &[&str])] = &[
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/gif", &["gif"]),
    ("image/webp", &["webp"]),
    ("text/plain", &["txt", "log", "md"]),
    ("application/pdf", &["pdf"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/ogg", &["ogg", "opus"]),
    ("video/mp4", &["mp4"]),
    ("video/webm", &["webm"]),
    ("application/zip", &["zip"]),
    ("application/gzip", &["gz"]),
];

/// Everything else.
const BYTES: &str = "application/octet-stream";

/// What a file is kept as: what its sender says if it is on the list, else what its name says if that is, else only bytes. What
/// is in it is never looked at.
pub fn media_type(said: Option<&str>, name: &str) -> &'static str {
    let said = said.map(|said| said.split(';').next().unwrap_or("").trim().to_ascii_lowercase());
    let known = said.and_then(|said| TYPES.iter().find(|(known, _)| *known == said));
    let by_name = || {
        let extension = name.rsplit_once('.')?.1.to_ascii_lowercase();
        TYPES.iter().find(|(_, extensions)| extensions.contains(&extension.as_str()))
    };
    known.or_else(by_name).map_or(BYTES, |(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_types_are_told() {
        for (said, name, kept) in [
            (Some("image/png"), "x", "image/png"),
            (Some("IMAGE/PNG; charset=x"), "x.html", "image/png"),
            (Some("text/html"), "x.png", "image/png"),
            (Some("text/html"), "x.html", BYTES),
            (Some("image/svg+xml"), "x.svg", BYTES),
            (Some("application/xhtml+xml"), "x", BYTES),
            (Some("text/javascript"), "x.js", BYTES),
            (Some("image/png\r\nX: y"), "x", BYTES),
            (Some("application/x-www-form-urlencoded"), "build.log", "text/plain"),
            (None, "x.TAR.GZ", "application/gzip"),
            (None, "x", BYTES),
        ] {
            assert_eq!(media_type(said, name), kept, "{said:?} {name}");
        }
    }
}
