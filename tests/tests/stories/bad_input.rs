//! Whatever somebody sends: each gets its documented error with the request's id, the session lives on, and nothing
//! else has changed.

use chat_tests::{House, Person, Wire};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// What is sent, the code that answers it, and whether the answer can repeat the id "bad".
fn cases(stranger: &str) -> Vec<(&'static str, Message, &'static str, bool)> {
    let text = |text: &str| Message::text(text.to_owned());
    let send = |fields: &str| Message::text(format!(r#"{{"type":"send","id":"bad",{fields}}}"#));
    let pad = |pad: &str| Message::text(format!(r#"{{"type":"ping","id":"bad","pad":{pad}}}"#));
    let nested = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    vec![
        ("not JSON", text("hello there"), "bad_json", false),
        ("empty", text(""), "bad_json", false),
        ("no object", text("[1,2]"), "bad_json", false),
        ("half a frame", text(r#"{"type":"ping","id":"bad""#), "bad_json", false),
        ("two frames in one", text(r#"{"type":"ping","id":"bad"}{}"#), "bad_json", false),
        ("a binary frame", Message::binary(br#"{"type":"ping","id":"bad"}"#.to_vec()), "binary_frame", false),
        ("an unknown type", text(r#"{"type":"shout","id":"bad"}"#), "unknown_type", true),
        ("no type", text(r#"{"id":"bad"}"#), "bad_field", true),
        ("no id", text(r#"{"type":"ping"}"#), "bad_field", false),
        ("a number for an id", text(r#"{"type":"ping","id":7}"#), "bad_field", false),
        ("the id twice", text(r#"{"type":"ping","id":"bad","id":"bad"}"#), "bad_field", false),
        ("a missing field", send(r#""to":"bob","client_id":"x""#), "bad_field", true),
        ("no recipient", send(r#""client_id":"x","text":"x""#), "bad_field", true),
        ("a wrong type", send(r#""to":"bob","client_id":"x","text":["x"]"#), "bad_field", true),
        ("null", send(r#""to":"bob","client_id":"x","text":null"#), "bad_field", true),
        ("a field twice", send(r#""to":"bob","client_id":"x","text":"a","text":"b""#), "bad_field", true),
        (
            "the recipient twice",
            send(r#""to":"bob","to":"ann","client_id":"x","text":"a""#),
            "bad_field",
            true,
        ),
        ("a lone surrogate", send(r#""to":"bob","client_id":"x","text":"\ud83d""#), "bad_field", true),
        ("NUL in the text", send(r#""to":"bob","client_id":"x","text":"a\u0000b""#), "bad_field", true),
        ("an empty text", send(r#""to":"bob","client_id":"x","text":"""#), "bad_field", true),
        (
            "a text over the limit",
            send(&format!(r#""to":"bob","client_id":"x","text":"{}""#, "x".repeat(8193))),
            "bad_field",
            true,
        ),
        (
            "a text over the limit in bytes, not in characters",
            send(&format!(r#""to":"bob","client_id":"x","text":"{}""#, "é".repeat(4097))),
            "bad_field",
            true,
        ),
        ("a name of another form", send(r#""to":"Bob","client_id":"x","text":"x""#), "bad_field", true),
        ("a name of another script", send(r#""to":"bоb","client_id":"x","text":"x""#), "bad_field", true),
        ("a query for a name", send(r#""to":{"$ne":null},"client_id":"x","text":"x""#), "bad_field", true),
        ("an unknown user", send(r#""to":"nobody","client_id":"x","text":"x""#), "unknown_user", true),
        ("a bad client id", send(r#""to":"bob","client_id":"a b","text":"x""#), "bad_field", true),
        (
            "a client id over the limit",
            send(&format!(r#""to":"bob","client_id":"{}","text":"x""#, "x".repeat(65))),
            "bad_field",
            true,
        ),
        (
            "a stranger's conversation",
            send(&format!(r#""conversation":"{stranger}","client_id":"x","text":"x""#)),
            "unknown_conversation",
            true,
        ),
        (
            "a number out of range",
            text(&format!(
                r#"{{"type":"read","id":"bad","conversation":"{stranger}","seq":9007199254740992}}"#
            )),
            "bad_field",
            true,
        ),
        (
            "a negative number",
            text(&format!(r#"{{"type":"history","id":"bad","conversation":"{stranger}","before":-1}}"#)),
            "bad_field",
            true,
        ),
        (
            "a page of none",
            text(&format!(r#"{{"type":"history","id":"bad","conversation":"{stranger}","limit":0}}"#)),
            "bad_field",
            true,
        ),
        (
            "a page over the limit",
            text(&format!(r#"{{"type":"history","id":"bad","conversation":"{stranger}","limit":201}}"#)),
            "bad_field",
            true,
        ),
        (
            "before and after",
            text(&format!(
                r#"{{"type":"history","id":"bad","conversation":"{stranger}","before":1,"after":1}}"#
            )),
            "bad_field",
            true,
        ),
        ("a foreign cursor", text(r#"{"type":"list","id":"bad","cursor":"' OR 1=1"}"#), "bad_field", true),
        ("deep nesting", pad(&nested), "bad_json", true),
        ("a frame over the limit", pad(&format!("\"{}\"", "x".repeat(65_536))), "frame_too_large", true),
        (
            "a revoked device's id",
            text(r#"{"type":"revoke","id":"bad","device":"0000000000000000"}"#),
            "unknown_device",
            true,
        ),
        (
            "a wrong password",
            text(r#"{"type":"password","id":"bad","old":"wrong password","new":"new password"}"#),
            "bad_credentials",
            true,
        ),
        ("a second login", text(r#"{"type":"hello","id":"bad","version":1}"#), "already_authenticated", true),
    ]
}

/// Everything that a request could have changed, as the user sees it.
async fn state(person: &mut Person) -> Vec<Value> {
    let mut state =
        vec![person.asks(json!({"type": "list"})).await, person.asks(json!({"type": "devices"})).await];
    for answer in &mut state {
        answer.as_object_mut().unwrap().remove("id");
    }
    state
}

#[tokio::test]
async fn each_bad_frame_gets_its_error_and_changes_nothing() {
    let house = House::open().await;
    let (mut ann, mut bob, mut eve) =
        (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let stranger = ann.sends("bob", "hi").await["conversation"].as_str().unwrap().to_owned();
    bob.expects("ann", "hi").await;
    let before = (state(&mut ann).await, state(&mut eve).await);
    for (what, message, code, with_id) in cases(&stranger) {
        eve.sends_message(message).await;
        let answer = eve.hears().await;
        let id = if with_id { json!("bad") } else { json!(null) };
        assert_eq!(
            (&answer["type"], &answer["code"], &answer["id"]),
            (&json!("error"), &json!(code), &id),
            "{what}: {answer}"
        );
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{what}: {answer}");
        assert_eq!(
            eve.asks(json!({"type": "ping"})).await["type"],
            "pong",
            "after {what} the session lives on"
        );
    }
    assert_eq!((state(&mut ann).await, state(&mut eve).await), before);
    bob.has_no_push("entry").await;
    eve.sends("bob", "still here").await;
    bob.expects("eve", "still here").await;
}

#[tokio::test]
async fn bad_frames_before_the_login_do_not_end_the_connection() {
    let house = House::open().await;
    house.person("ann").await;
    let mut wire = Wire::dial(house.address()).await;
    for (what, message, code, _) in cases("00ff00ff00ff00ff") {
        if !matches!(code, "bad_json" | "binary_frame" | "unknown_type" | "frame_too_large") {
            continue;
        }
        wire.sends_message(message).await;
        assert_eq!(wire.hears().await["code"], code, "{what}");
    }
    let login = json!({"type": "login", "version": 1, "user": "ann", "password": chat_tests::PASSWORD});
    assert_eq!(wire.asks(login).await["type"], "welcome");
}

#[tokio::test]
async fn a_text_at_the_limit_and_every_kind_of_character_arrive_as_sent() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let long = "x".repeat(8192);
    for text in [
        long.as_str(),
        "\u{1b}[2J\u{1b}]0;title\u{7}",
        "\u{202e}txt.exe",
        "zero\u{200b}width",
        "👩‍👩‍👧‍👦 👋🏽 🇩🇪",
        "line\nline\r\n\ttab",
        "'; DROP TABLE entries; --",
        "<script>alert(1)</script>",
        " ",
        "\u{10ffff}",
    ] {
        ann.sends("bob", text).await;
        bob.expects("ann", text).await;
    }
}

#[tokio::test]
async fn breaking_the_websocket_protocol_closes_only_that_connection() {
    use tokio::io::AsyncWriteExt;
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    // Masked text frames by hand: bytes that are no UTF-8, and an unmasked frame.
    for (bytes, code) in [(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe][..], 1007), (&[0x81, 0x01, b'x'][..], 1002)]
    {
        let mut raw = house.person(if code == 1007 { "bob" } else { "cyd" }).await.falls_asleep();
        raw.write_all(bytes).await.unwrap();
        assert_eq!(close_code_on(raw).await, Some(code));
    }
    let huge = Message::text(format!(r#"{{"type":"ping","id":"1","pad":"{}"}}"#, "x".repeat(300_000)));
    let mut dan = house.person("dan").await;
    dan.sends_message(huge).await;
    assert_eq!(dan.close_code().await, Some(1009));
    assert_eq!(ann.asks(json!({"type": "ping"})).await["type"], "pong");
}

/// The close code at the end of a bare socket that has nothing else to come but small frames.
async fn close_code_on(mut socket: tokio::net::TcpStream) -> Option<u16> {
    use tokio::io::AsyncReadExt;
    let mut bytes = Vec::new();
    // The server closes for good a moment after its goodbye; a reset after it is fine too.
    let _ = chat_tests::in_time("the goodbye", socket.read_to_end(&mut bytes)).await;
    let goodbye = bytes.windows(4).find(|window| window[0] == 0x88)?;
    Some(u16::from_be_bytes([goodbye[2], goodbye[3]]))
}
