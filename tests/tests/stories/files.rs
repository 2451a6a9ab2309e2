//! Files: sent, resumed, hung on messages, and got by those who may.

use chat_tests::disk::bytes;
use chat_tests::http::{answer, request_bytes};
use chat_tests::{Courier, House, Person, in_time};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

type Headers<'a> = &'a [(&'a str, &'a str)];

const BYTES: (&str, &str) = ("Content-Type", "application/offset+octet-stream");

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn courier(house: &House, person: &Person) -> Courier {
    Courier::new(house.address(), &person.token)
}

async fn sends(person: &mut Person, client_id: &str, to: &str, file: &Value) -> Value {
    person.asks(json!({"type": "send", "to": to, "client_id": client_id, "file": file})).await
}

#[tokio::test]
async fn a_file_is_uploaded_sent_and_got() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let (anns, bobs) = (courier(&house, &ann), courier(&house, &bob));
    let content = bytes(3_000_000);
    let file = anns.uploads("holiday%20%F0%9F%8F%96.png", &content).await;
    let about = json!({"id": file["id"], "name": "holiday 🏖.png", "size": 3_000_000, "type": "image/png", "sha256": sha256(&content)});
    assert_eq!(file, about);
    let id = file["id"].as_str().unwrap();
    assert_eq!(bobs.gets(id, &[]).await.status, 404, "it is not sent yet");
    let ack = sends(&mut ann, "1", "bob", &file["id"]).await;
    assert_eq!(ack["type"], "ack", "{ack}");
    let entry = bob.expects("ann", "").await;
    assert_eq!(entry["file"], about);
    let got = bobs.gets(id, &[]).await;
    assert_eq!((got.status, got.bytes == content), (200, true));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", "3000000"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "private, no-cache"),
        (
            "content-disposition",
            "attachment; filename=\"holiday _.png\"; filename*=UTF-8''holiday%20%F0%9F%8F%96.png",
        ),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    let etag = got.header("etag").unwrap().to_owned();
    assert_eq!(etag, format!("\"{}\"", sha256(&content)));
    let conversation = bob.opens("ann").await["conversation"].clone();
    let page = bob.asks(json!({"type": "history", "conversation": conversation})).await;
    assert_eq!(page["entries"][0]["file"], about);
    assert_eq!(bob.opens("ann").await["last"]["file"], about);
    let head = bobs.asks(&format!("HEAD /api/files/{id}"), &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (200, Some("3000000"), 0));
}

#[tokio::test]
async fn it_is_there_after_a_restart() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let content = bytes(700_000);
    let file = courier(&house, &ann).uploads("x", &content).await;
    sends(&mut ann, "1", "ann", &file["id"]).await;
    let house = house.reopens().await;
    let got = courier(&house, &ann).gets(file["id"].as_str().unwrap(), &[]).await;
    assert!(got.bytes == content);
}

#[tokio::test]
async fn parts_of_it_can_be_got() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let content = bytes(1_000_000);
    let file = anns.uploads("x.bin", &content).await;
    let id = file["id"].as_str().unwrap();
    let etag = format!("\"{}\"", sha256(&content));
    let many = format!("bytes={}", ["0-"; 1000].join(","));
    let cases: [(Headers<'_>, u16, std::ops::Range<usize>); 10] = [
        (&[("Range", "bytes=10-19")], 206, 10..20),
        (&[("Range", "bytes=999990-")], 206, 999_990..1_000_000),
        (&[("Range", "bytes=-5")], 206, 999_995..1_000_000),
        (&[("Range", "bytes=260000-600000")], 206, 260_000..600_001),
        (&[("Range", &many)], 200, 0..1_000_000),
        (&[("Range", "bytes=0-1,5-6")], 200, 0..1_000_000),
        (&[("Range", "bytes=10-19"), ("If-Range", &etag)], 206, 10..20),
        (&[("Range", "bytes=10-19"), ("If-Range", "\"another\"")], 200, 0..1_000_000),
        (&[("Range", "bytes=5-1")], 200, 0..1_000_000),
        (&[("If-None-Match", "\"another\"")], 200, 0..1_000_000),
    ];
    for (headers, status, range) in cases {
        let got = anns.gets(id, headers).await;
        assert_eq!(got.status, status, "{headers:?}");
        assert!(got.bytes == content[range.clone()], "{headers:?}");
        if status == 206 {
            let told = format!("bytes {}-{}/1000000", range.start, range.end - 1);
            assert_eq!(got.header("content-range"), Some(told.as_str()));
        }
    }
    let beyond = anns.gets(id, &[("Range", "bytes=1000000-")]).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */1000000")));
    let known = anns.gets(id, &[("If-None-Match", &etag)]).await;
    assert_eq!((known.status, known.bytes.len()), (304, 0));
}

#[tokio::test]
async fn to_anyone_else_it_does_not_exist() {
    let house = House::open().await;
    let (mut ann, mut bob, mut eve) =
        (house.person("ann").await, house.person("bob").await, house.person("eve").await);
    let file = courier(&house, &ann).uploads("secret", b"secret").await;
    let id = file["id"].as_str().unwrap();
    sends(&mut ann, "1", "bob", &file["id"]).await;
    let eves = courier(&house, &eve);
    let bare = |answer: chat_tests::http::Answer| {
        let headers = answer.headers.into_iter().filter(|(name, _)| name != "date").collect::<Vec<_>>();
        (answer.status, headers, answer.bytes)
    };
    let nowhere = bare(eves.gets("0123456789abcdef", &[]).await);
    assert_eq!(nowhere.0, 404);
    for headers in [&[][..], &[("Range", "bytes=0-1")], &[("If-None-Match", "*")], &[("If-Match", "\"x\"")]] {
        assert_eq!(bare(eves.gets(id, headers).await), nowhere, "{headers:?}");
    }
    for id in ["x", "0123456789ABCDEF", "..%2f..%2fchat.db", "%00"] {
        assert_eq!(bare(eves.gets(id, &[]).await), nowhere, "{id}");
    }
    for wrong in [&file["id"], &json!("0123456789abcdef")] {
        let refused = sends(&mut eve, "1", "eve", wrong).await;
        assert_eq!(refused["code"], "unknown_file", "{refused}");
    }
    // Who may see it may pass it on, and whoever gets it then may see it too.
    let passed = sends(&mut bob, "1", "eve", &file["id"]).await;
    assert_eq!(passed["type"], "ack", "{passed}");
    assert_eq!(eve.expects("bob", "").await["file"]["id"], file["id"]);
    assert_eq!(eves.gets(id, &[]).await.bytes, b"secret");
}

#[tokio::test]
async fn only_a_login_lets_anybody_in() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let file = courier(&house, &ann).uploads("x", b"x").await;
    let path = format!("GET /api/files/{}", file["id"].as_str().unwrap());
    let (cookie, bearer) = (format!("chat_session={}", ann.token), format!("Bearer {}", ann.token));
    let own = format!("http://{}", house.address());
    let cases: [(&str, Headers<'_>, u16); 10] = [
        (&path, &[], 401),
        (&path, &[("Authorization", "Bearer x")], 401),
        (&path, &[("Authorization", &ann.token)], 401),
        (&path, &[("Authorization", "Bearer x"), ("Cookie", &cookie)], 401),
        (&path, &[("Authorization", &bearer), ("Authorization", &bearer)], 401),
        (&path, &[("Authorization", &bearer)], 200),
        (&path, &[("Cookie", &cookie)], 200),
        (&path, &[("Cookie", &cookie), ("Origin", "http://evil.example")], 403),
        ("POST /api/files?name=x", &[("Cookie", &cookie)], 403),
        ("POST /api/files?name=x", &[("Cookie", &cookie), ("Origin", &own)], 201),
    ];
    for (line, headers, status) in cases {
        assert_eq!(
            request_bytes(house.address(), line, headers, b"").await.status,
            status,
            "{line} {headers:?}"
        );
    }
    let with_token = format!("{path}?token={}", ann.token);
    assert_eq!(request_bytes(house.address(), &with_token, &[], b"").await.status, 401);
}

#[tokio::test]
async fn a_repeated_send_with_its_file_is_the_same_message() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let anns = courier(&house, &ann);
    let (one, two) = (anns.uploads("one", b"1").await, anns.uploads("two", b"2").await);
    let first = sends(&mut ann, "k", "bob", &one["id"]).await;
    let again = sends(&mut ann, "k", "bob", &one["id"]).await;
    assert_eq!((&first["seq"], &again["seq"]), (&json!(1), &json!(1)));
    assert_eq!(sends(&mut ann, "k", "bob", &two["id"]).await["code"], "id_conflict");
    assert_eq!(ann.sends_as("k", "bob", "a text").await["code"], "id_conflict");
    assert_eq!(ann.sends_as("k", "bob", "").await["code"], "bad_field");
    let both = json!({"type": "send", "to": "bob", "client_id": "l", "text": "look", "file": two["id"]});
    assert_eq!(ann.asks(both).await["seq"], 2);
    assert_eq!(bob.expects("ann", "").await["file"]["name"], "one");
    assert_eq!(bob.expects("ann", "look").await["file"]["name"], "two");
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let content = bytes(2_000_000);
    let metadata = ("Upload-Metadata", "filename bm90ZXMudHh0,filetype dGV4dC9wbGFpbg==");
    let made = anns.asks("POST /api/uploads", &[("Upload-Length", "2000000"), metadata], b"").await;
    assert_eq!((made.status, made.header("tus-resumable")), (201, Some("1.0.0")));
    assert!(made.header("upload-expires").unwrap().ends_with(" GMT"));
    let path = made.header("location").unwrap();
    assert_eq!(anns.offset(path).await, 0);
    // The line breaks in the middle of a request that promised more.
    let headers = [BYTES, ("Upload-Offset", "0")];
    let mut line = anns.begins(&format!("PATCH {path}"), &headers, content.len()).await;
    line.write_all(&content[..700_000]).await.unwrap();
    line.shutdown().await.unwrap();
    let _ = in_time("the end", line.read_to_end(&mut Vec::new())).await;
    let offset = anns.offset(path).await;
    assert_eq!(offset, 700_000, "all that arrived counts");
    let step = anns.appends(path, offset, &content[700_000..700_001]).await;
    assert_eq!((step.status, step.header("upload-offset")), (204, Some("700001")));
    let house = house.reopens().await;
    let anns = courier(&house, &ann);
    assert_eq!(anns.offset(path).await, 700_001, "and it does after a restart");
    let last = anns.appends(path, 700_001, &content[700_001..]).await;
    assert_eq!((last.status, last.header("upload-offset")), (204, Some("2000000")));
    assert_eq!(anns.offset(path).await, 2_000_000, "somebody who lost the answer finds it whole");
    let got = anns.gets(path.rsplit('/').next().unwrap(), &[]).await;
    assert!(got.bytes == content);
    assert_eq!(got.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(got.header("content-disposition").unwrap().contains("notes.txt"));
}

#[tokio::test]
async fn who_comes_back_takes_over_from_a_line_that_hangs() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let content = bytes(600_000);
    let path = anns.creates(600_000).await;
    let headers = [BYTES, ("Upload-Offset", "0")];
    let mut hanging = anns.begins(&format!("PATCH {path}"), &headers, 600_000).await;
    hanging.write_all(&content[..300_000]).await.unwrap();
    let (offset, hanging) = in_time("what arrived to be read", async {
        loop {
            let offset = anns.offset(&path).await;
            if offset > 0 {
                return (offset, hanging);
            }
            // Either the hanging one has not come yet, or it was interrupted before its bytes were read: then it is
            // answered, and begins again. Begun beside one that comes late, it would not be at the right offset.
            if timeout(Duration::ZERO, hanging.peek(&mut [0])).await.is_ok() {
                assert_eq!(answer("the one that came to nothing", hanging).await.status, 423);
                hanging = anns.begins(&format!("PATCH {path}"), &headers, 600_000).await;
                hanging.write_all(&content[..300_000]).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(answer("the interrupted one", hanging).await.status, 423);
    let rest = anns.appends(&path, offset, &content[usize::try_from(offset).unwrap()..]).await;
    assert_eq!(rest.status, 204, "{}", rest.body);
    assert!(anns.gets(path.rsplit('/').next().unwrap(), &[]).await.bytes == content);
}

#[tokio::test]
async fn tus_clients_find_what_they_look_for() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let able = request_bytes(house.address(), "OPTIONS /api/uploads", &[], b"").await;
    assert_eq!(able.status, 204);
    for (name, value) in [
        ("tus-version", "1.0.0"),
        ("tus-max-size", "8388608"),
        ("tus-extension", "creation,creation-with-upload,checksum,expiration,termination"),
        ("tus-checksum-algorithm", "sha1,sha256"),
    ] {
        assert_eq!(able.header(name), Some(value));
    }
    let whole = anns.asks("POST /api/uploads", &[BYTES, ("Upload-Length", "5")], b"hello").await;
    assert_eq!((whole.status, whole.header("upload-offset")), (201, Some("5")));
    let path = whole.header("location").unwrap();
    assert_eq!(anns.gets(path.rsplit('/').next().unwrap(), &[]).await.body, "hello");
    let empty = anns.asks("POST /api/uploads", &[("Upload-Length", "0")], b"").await;
    assert_eq!(
        anns.gets(empty.header("location").unwrap().rsplit('/').next().unwrap(), &[]).await.status,
        200
    );
    // As a client does behind a proxy that lets no PATCH pass.
    let path = anns.creates(5).await;
    let meant = [BYTES, ("Upload-Offset", "0"), ("X-HTTP-Method-Override", "PATCH")];
    assert_eq!(anns.asks(&format!("POST {path}"), &meant, b"hello").await.status, 204);
    let bearer = format!("Bearer {}", ann.token);
    let old = request_bytes(house.address(), "POST /api/uploads", &[("Authorization", &bearer)], b"").await;
    assert_eq!((old.status, old.header("tus-version")), (412, Some("1.0.0")));
}

#[tokio::test]
async fn an_upload_can_be_given_up() {
    let house = House::open().await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (anns, bobs) = (courier(&house, &ann), courier(&house, &bob));
    let path = anns.creates(10).await;
    anns.appends(&path, 0, b"hello").await;
    for line in ["HEAD", "DELETE", "PATCH"] {
        let headers = [BYTES, ("Upload-Offset", "5")];
        assert_eq!(
            bobs.asks(&format!("{line} {path}"), &headers, b"").await.status,
            404,
            "{line} of another's"
        );
    }
    assert_eq!(anns.asks(&format!("DELETE {path}"), &[], b"").await.status, 204);
    assert_eq!(anns.asks(&format!("HEAD {path}"), &[], b"").await.status, 404);
    let file = anns.uploads("x", b"x").await;
    let path = format!("DELETE /api/uploads/{}", file["id"].as_str().unwrap());
    sends(&mut ann, "1", "bob", &file["id"]).await;
    assert_eq!(anns.asks(&path, &[], b"").await.status, 404, "what was sent stays");
    assert_eq!(bobs.gets(file["id"].as_str().unwrap(), &[]).await.status, 200);
}

#[tokio::test]
async fn somebody_who_is_logged_out_gets_no_more_of_it() {
    let house = House::with(|config| config.limits.file_bytes_max = 256 << 20).await;
    let mut ann = house.person("ann").await;
    let phone = Person::logs_in(house.address(), "ann").await;
    let file = courier(&house, &ann).uploads("x", &bytes(64 << 20)).await;
    let line = format!("GET /api/files/{}", file["id"].as_str().unwrap());
    let mut reading = courier(&house, &phone).begins(&line, &[], 0).await;
    reading.read_exact(&mut [0; 1000]).await.unwrap();
    ann.asks(json!({"type": "revoke", "device": phone.device})).await;
    let mut rest = Vec::new();
    let _ = in_time("the end", reading.read_to_end(&mut rest)).await;
    assert!(rest.len() < 32 << 20, "{} bytes came", rest.len());
}

#[tokio::test]
async fn somebody_who_is_logged_out_brings_nothing_more() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let phone = Person::logs_in(house.address(), "ann").await;
    let phones = courier(&house, &phone);
    let created = phones.asks("POST /api/uploads", &[("Upload-Length", "10")], b"").await;
    let path = created.header("location").unwrap().to_owned();
    let headers = [BYTES, ("Upload-Offset", "0")];
    let mut lines = [
        ("PATCH", phones.begins(&format!("PATCH {path}"), &headers, 10).await),
        ("POST", phones.begins("POST /api/files?name=x", &[], 10).await),
    ];
    for (_, line) in &mut lines {
        line.write_all(b"hello").await.unwrap();
    }
    ann.asks(json!({"type": "revoke", "device": phone.device})).await;
    for (what, mut line) in lines {
        line.write_all(b"hello").await.unwrap();
        assert_eq!(answer(what, line).await.status, 401, "{what}");
    }
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(courier(&house, &ann).gets(id, &[]).await.status, 404, "it did not become a file");
}
