//! From text to a request, or to the exact reason why not.

use crate::limits::{FRAME_BYTES_MAX, FRAME_DEPTH_MAX};
use crate::{Call, ErrorCode, Request, RequestId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Why a frame is not a request. The `id` is the request's, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The request's id, if the frame had a good one.
    pub id: Option<RequestId>,
    /// The documented code.
    pub code: ErrorCode,
    /// A sentence for the person who wrote the client.
    pub message: String,
}

/// Reads one text frame. Unknown fields are ignored; a known field given twice is refused.
///
/// # Errors
/// `frame_too_large`, `bad_json`, `unknown_type` or `bad_field`.
pub fn decode_request(text: &str) -> Result<Request, Refusal> {
    if text.len() > FRAME_BYTES_MAX {
        let message = format!("a frame is at most {FRAME_BYTES_MAX} bytes, this one has {}", text.len());
        return Err(Refusal { id: readable_id(text), code: ErrorCode::FrameTooLarge, message });
    }
    if nests_too_deep(text) {
        let message = format!("a frame nests at most {FRAME_DEPTH_MAX} levels deep");
        return Err(Refusal { id: readable_id(text), code: ErrorCode::BadJson, message });
    }
    let envelope: Envelope<'_> =
        serde_json::from_str(text).map_err(|error| envelope_refusal(text, &error))?;
    match decode_call(&envelope.kind, text) {
        Ok(call) => Ok(Request { id: envelope.id, call }),
        Err((code, message)) => Err(Refusal { id: Some(envelope.id), code, message }),
    }
}

/// The two fields that every request has.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    id: RequestId,
}

fn decode_call(kind: &str, text: &str) -> Result<Call, (ErrorCode, String)> {
    match kind {
        "hello" => fields(text).map(Call::Hello),
        "login" => fields(text).map(Call::Login),
        "register" => fields(text).map(Call::Register),
        "open" => fields(text).map(Call::Open),
        "list" => fields(text).map(Call::List),
        "history" => fields(text).map(Call::History),
        "send" => fields(text).map(Call::Send),
        "edit" => fields(text).map(Call::Edit),
        "delete" => fields(text).map(Call::Delete),
        "react" => fields(text).map(Call::React),
        "versions" => fields(text).map(Call::Versions),
        "create_group" => fields(text).map(Call::CreateGroup),
        "change_group" => fields(text).map(Call::ChangeGroup),
        "join" => fields(text).map(Call::Join),
        "add_members" => fields(text).map(Call::AddMembers),
        "remove_member" => fields(text).map(Call::RemoveMember),
        "leave" => fields(text).map(Call::Leave),
        "set_role" => fields(text).map(Call::SetRole),
        "groups" => fields(text).map(Call::Groups),
        "members" => fields(text).map(Call::Members),
        "search" => fields(text).map(Call::Search),
        "read" => fields(text).map(Call::Read),
        "delivered" => fields(text).map(Call::Delivered),
        "typing" => fields(text).map(Call::Typing),
        "prefer" => fields(text).map(Call::Prefer),
        "blocked" => Ok(Call::Blocked {}),
        "settings" => fields(text).map(Call::Settings),
        "password" => fields(text).map(Call::Password),
        "delete_account" => fields(text).map(Call::DeleteAccount),
        "devices" => Ok(Call::Devices {}),
        "revoke" => fields(text).map(Call::Revoke),
        "logout" => Ok(Call::Logout {}),
        "ping" => Ok(Call::Ping {}),
        _ => Err((ErrorCode::UnknownType, "this server knows no request of that type".to_owned())),
    }
}

fn fields<T: DeserializeOwned>(text: &str) -> Result<T, (ErrorCode, String)> {
    serde_json::from_str(text).map_err(|error| (ErrorCode::BadField, explain(&error)))
}

fn envelope_refusal(text: &str, error: &serde_json::Error) -> Refusal {
    let is_object = text.trim_start().starts_with('{');
    if error.is_data() && is_object {
        Refusal { id: readable_id(text), code: ErrorCode::BadField, message: explain(error) }
    } else {
        let message = if is_object { explain(error) } else { "a frame is one JSON object".to_owned() };
        Refusal { id: readable_id(text), code: ErrorCode::BadJson, message }
    }
}

/// The id of a frame that is refused for another reason, if it has one that can be read. Values that nobody asked for
/// are skipped without recursion, so a deep frame does no harm here.
fn readable_id(text: &str) -> Option<RequestId> {
    #[derive(Deserialize)]
    struct IdOnly {
        id: RequestId,
    }
    serde_json::from_str::<IdOnly>(text).ok().map(|found| found.id)
}

/// serde's own sentence, cut short: it may quote what the client sent.
fn explain(error: &serde_json::Error) -> String {
    const CHARS_MAX: usize = 200;
    let message = error.to_string();
    match message.char_indices().nth(CHARS_MAX) {
        Some((cut, _)) => format!("{}…", &message[..cut]),
        None => message,
    }
}

/// `serde_json` has no limit of its own for values that it skips.
fn nests_too_deep(text: &str) -> bool {
    // Nearly all frames have fewer brackets at all.
    let opened = text.bytes().filter(|byte| matches!(byte, b'{' | b'[')).count();
    opened > FRAME_DEPTH_MAX && is_ever_deeper(text)
}

/// Counts brackets outside strings.
fn is_ever_deeper(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > FRAME_DEPTH_MAX {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorCode::{BadField, BadJson, FrameTooLarge, UnknownType};
    use proptest::prelude::*;

    fn check_refused(text: &str, code: ErrorCode, id: Option<&str>) {
        let refusal = decode_request(text).expect_err(text);
        let got = (refusal.code, refusal.id.as_ref().map(RequestId::as_str));
        assert_eq!(got, (code, id), "{text}: {}", refusal.message);
    }

    #[test]
    fn bad_frames_get_their_code_and_their_id() {
        let cases = [
            ("", BadJson, None),
            ("hello", BadJson, None),
            ("[]", BadJson, None),
            ("null", BadJson, None),
            (r#"{"type":"ping","id":"1"} {}"#, BadJson, None),
            (r#"{"type":"ping","id":"1""#, BadJson, None),
            (r#"{"id":"1"}"#, BadField, Some("1")),
            (r#"{"type":"ping"}"#, BadField, None),
            (r#"{"type":"ping","id":7}"#, BadField, None),
            (r#"{"type":7,"id":"1"}"#, BadField, Some("1")),
            (r#"{"type":"ping","id":""}"#, BadField, None),
            (r#"{"type":"ping","id":"1","id":"2"}"#, BadField, None),
            (r#"{"type":"ping","type":"ping","id":"1"}"#, BadField, Some("1")),
            (r#"{"type":"nope","id":"1"}"#, UnknownType, Some("1")),
            (r#"{"type":"send","id":"1","to":"bob","client_id":"a"}"#, BadField, Some("1")),
            (r#"{"type":"send","id":"1","to":"bob","client_id":"a","text":7}"#, BadField, Some("1")),
            (
                r#"{"type":"send","id":"1","to":"bob","client_id":"a","text":"x","text":"y"}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"send","id":"1","client_id":"a","text":"x"}"#, BadField, Some("1")),
            (r#"{"type":"send","id":"1","to":"Bob","client_id":"a","text":"x"}"#, BadField, Some("1")),
            (r#"{"type":"send","id":"1","to":{"$ne":null},"client_id":"a","text":"x"}"#, BadField, Some("1")),
            (r#"{"type":"send","id":"1","to":"bob","client_id":"a","text":"\ud800"}"#, BadField, Some("1")),
            (
                r#"{"type":"send","id":"1","to":"bob","client_id":"a","text":"x","file":"x"}"#,
                BadField,
                Some("1"),
            ),
            (
                r#"{"type":"send","id":"1","to":"bob","client_id":"a","text":"x","file":7}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"history","id":"1","conversation":"x"}"#, BadField, Some("1")),
            (
                r#"{"type":"history","id":"1","conversation":"00ff00ff00ff00ff","after":-1}"#,
                BadField,
                Some("1"),
            ),
            (
                r#"{"type":"history","id":"1","conversation":"00ff00ff00ff00ff","limit":1e99}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"hello","id":"1","version":"one"}"#, BadField, Some("1")),
            (r#"{"type":"typing","id":"1"}"#, BadField, Some("1")),
            (
                r#"{"type":"typing","id":"1","to":"bob","conversation":"00ff00ff00ff00ff"}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"typing","id":"1","to":"bob","stopped":1}"#, BadField, Some("1")),
            (
                r#"{"type":"edit","id":"1","conversation":"00ff00ff00ff00ff","seq":1,"client_id":"a"}"#,
                BadField,
                Some("1"),
            ),
            (
                r#"{"type":"edit","id":"1","to":"bob","seq":1,"client_id":"a","text":"x"}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"delete","id":"1","conversation":"00ff00ff00ff00ff","seq":1}"#, BadField, Some("1")),
            (
                r#"{"type":"react","id":"1","conversation":"00ff00ff00ff00ff","seq":1,"client_id":"a"}"#,
                BadField,
                Some("1"),
            ),
            (r#"{"type":"settings","id":"1","read_receipts":"no"}"#, BadField, Some("1")),
            (r#"{"type":"search","id":"1"}"#, BadField, Some("1")),
            (r#"{"type":"search","id":"1","query":["x"]}"#, BadField, Some("1")),
        ];
        for (text, code, id) in cases {
            check_refused(text, code, id);
        }
    }

    #[test]
    fn a_frame_over_the_limit_or_too_deep_is_refused() {
        let long = format!(r#"{{"type":"ping","id":"1","pad":"{}"}}"#, "x".repeat(FRAME_BYTES_MAX));
        check_refused(&long, FrameTooLarge, Some("1"));
        let deep = format!(r#"{{"type":"ping","id":"1","pad":{}{}}}"#, "[".repeat(40), "]".repeat(40));
        check_refused(&deep, BadJson, Some("1"));
        let deepest = "[".repeat(FRAME_BYTES_MAX - 40);
        check_refused(&format!(r#"{{"type":"ping","id":"1","pad":{deepest}"#), BadJson, None);
        let brackets_in_text = format!(r#"{{"type":"ping","id":"1","pad":"\"{}"}}"#, "[".repeat(40));
        assert!(decode_request(&brackets_in_text).is_ok());
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let request = decode_request(r#"{"type":"ping","id":"1","later":{"x":[1]}}"#).unwrap();
        assert_eq!(request, Request { id: "1".parse().unwrap(), call: Call::Ping {} });
    }

    proptest! {
        #[test]
        fn no_input_panics(text in ".{0,200}") {
            let _ = decode_request(&text);
        }

        #[test]
        fn what_is_sent_is_what_is_read(text in "[^\0]{1,100}", to in "[a-z][a-z0-9]{0,8}", client_id in "[A-Za-z0-9_-]{1,64}") {
            let target = crate::Target::To(to.parse().unwrap());
            let client_id = client_id.parse().unwrap();
            let call = Call::Send(crate::Send { target, client_id, text, file: None, reply_to: None });
            let request = Request { id: "7".parse().unwrap(), call };
            prop_assert_eq!(decode_request(&request.encode()), Ok(request));
        }
    }
}
