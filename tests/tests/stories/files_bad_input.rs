//! Files that lie, stop, never end or do not fit: a clear answer, nothing partial to be seen, and nothing left behind.

use chat_tests::http::{Answer, answer, request_bytes};
use chat_tests::{Courier, House, Person, RealServer, disk, in_time};
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

type Headers<'a> = &'a [(&'a str, &'a str)];

const BYTES: (&str, &str) = ("Content-Type", "application/offset+octet-stream");
const CHUNKED: (&str, &str) = ("Transfer-Encoding", "chunked");

fn courier(house: &House, person: &Person) -> Courier {
    Courier::new(house.address(), &person.token)
}

fn check(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.body);
}

/// Waits until the collector has left nothing of any file on the disk. Elsewhere than on the disk the contract of the blob
/// stores sees to it.
async fn leaves_nothing(data: &Path) {
    disk::leaves(&data.join("files"), 0).await;
}

/// One chunk of a chunked body.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test]
async fn any_name_is_told_as_it_is_and_leads_nowhere() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let long = "x".repeat(4096);
    for (asked, kept) in [
        ("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"),
        ("C%3A%5Cautoexec.bat", "C:\\autoexec.bat"),
        ("a%00b%0D%0ASet-Cookie%3A%20x%1B%5B2J", "abSet-Cookie: x[2J"),
        ("%22%3B%20filename%3D%22evil.exe", "\"; filename=\"evil.exe"),
        ("%E2%80%AEgnp.exe", "\u{202e}gnp.exe"),
        ("%FF%FE", "\u{fffd}\u{fffd}"),
        ("", "file"),
        (&long, &long[..255]),
    ] {
        let file = anns.uploads(asked, b"x").await;
        assert_eq!(file["name"], kept, "{asked}");
        let got = anns.gets(file["id"].as_str().unwrap(), &[]).await;
        assert_eq!((got.status, got.header("set-cookie")), (200, None));
        let disposition = got.header("content-disposition").unwrap();
        assert!(
            disposition.starts_with("attachment; filename=\"") && disposition.is_ascii(),
            "{disposition}"
        );
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    }
    let none = anns.asks("POST /api/files", &[], b"x").await;
    assert_eq!(none.json()["name"], "file");
    if house.data().join("files").exists() {
        for entry in std::fs::read_dir(house.data()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name == "files" || name.starts_with("chat.db"), "{name}");
        }
    }
}

#[tokio::test]
async fn what_would_run_is_told_as_bytes() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let polyglot = b"GIF89a/*<svg onload=alert(1)>*/=1";
    for (name, said, told) in [
        ("x.html", "text/html", "application/octet-stream"),
        ("x.svg", "image/svg+xml", "application/octet-stream"),
        ("x.xhtml", "application/xhtml+xml", "application/octet-stream"),
        ("x.png", "text/html", "image/png"),
        ("x.html", "image/png", "image/png"),
    ] {
        let line = format!("POST /api/files?name={name}");
        let file = anns.asks(&line, &[("Content-Type", said)], polyglot).await.json();
        let got = anns.gets(file["id"].as_str().unwrap(), &[]).await;
        assert_eq!((got.header("content-type"), got.bytes.as_slice()), (Some(told), &polyglot[..]));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(got.header("content-security-policy"), Some("sandbox; default-src 'none'"));
        assert!(got.header("content-disposition").unwrap().starts_with("attachment"));
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_as_soon_as_that_is_known() {
    let house = House::with(|config| {
        config.limits.file_bytes_max = 100_000;
        config.timing.collect = Duration::from_millis(20);
    })
    .await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let large = vec![b'x'; 100_001];
    check(&anns.asks("POST /api/files?name=x", &[], &large).await, 413, "file_too_large");
    // Only the length is told; nobody waits for the bytes.
    let line = anns.begins("POST /api/files?name=x", &[], 1 << 40).await;
    check(&answer("a huge one", line).await, 413, "file_too_large");
    check(&anns.asks("POST /api/uploads", &[("Upload-Length", "100001")], b"").await, 413, "file_too_large");
    let lying = [BYTES, ("Upload-Length", "10")];
    check(&anns.asks("POST /api/uploads", &lying, &large).await, 413, "file_too_large");
    check(&anns.appends(&anns.creates(10).await, 0, &large).await, 413, "file_too_large");
    // Chunks that go on and on.
    let path = anns.creates(50_000).await;
    let headers = [BYTES, CHUNKED, ("Upload-Offset", "0")];
    let mut line = anns.begins(&format!("PATCH {path}"), &headers, 0).await;
    for _ in 0..10 {
        let _ = line.write_all(&chunk(&[b'x'; 10_000])).await;
    }
    let _ = line.write_all(b"0\r\n\r\n").await;
    check(&answer("chunks without end", line).await, 413, "file_too_large");
    assert_eq!(anns.offset(&path).await, 0, "nothing of it counts");
    anns.asks(&format!("DELETE {path}"), &[], b"").await;
    let whole = anns.uploads("x", &large[1..]).await;
    assert_eq!(whole["size"], 100_000);
}

#[tokio::test]
async fn requests_that_break_the_protocol_get_their_status() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let path = anns.creates(10).await;
    let (post, patch) = ("POST /api/uploads", format!("PATCH {path}"));
    let text = ("Content-Type", "text/plain");
    let cases: [(&str, Headers<'_>, u16, &str); 16] = [
        (post, &[], 400, "bad_field"),
        (post, &[("Upload-Defer-Length", "1")], 400, "bad_field"),
        (post, &[("Upload-Length", "-1")], 400, "bad_field"),
        (post, &[("Upload-Length", "1e3")], 400, "bad_field"),
        (post, &[("Upload-Length", "99999999999999999999")], 400, "bad_field"),
        (post, &[("Upload-Length", "1"), ("Upload-Length", "2")], 400, "bad_field"),
        (post, &[("Upload-Length", "5"), ("Upload-Metadata", "filename *")], 400, "bad_field"),
        (post, &[("Upload-Length", "5"), ("Upload-Checksum", "crc32 AAAA")], 400, "bad_field"),
        (&patch, &[BYTES, ("Upload-Offset", "1")], 409, "wrong_offset"),
        (&patch, &[BYTES, ("Upload-Offset", "99")], 409, "wrong_offset"),
        (&patch, &[BYTES], 400, "bad_field"),
        (&patch, &[text, ("Upload-Offset", "0")], 415, "bad_field"),
        (&patch, &[BYTES, ("Upload-Offset", "0"), ("Upload-Checksum", "sha1")], 400, "bad_field"),
        (&patch, &[BYTES, ("Upload-Offset", "0"), ("Upload-Checksum", "sha1 *")], 400, "bad_field"),
        ("PATCH /api/uploads/0123456789abcdef", &[BYTES, ("Upload-Offset", "0")], 404, "unknown_file"),
        ("PATCH /api/uploads/x", &[BYTES, ("Upload-Offset", "0")], 404, "unknown_file"),
    ];
    for (line, headers, status, code) in cases {
        let answer = anns.asks(line, headers, b"").await;
        check(&answer, status, code);
        assert_eq!(answer.header("tus-resumable"), Some("1.0.0"));
    }
    assert_eq!(anns.offset(&path).await, 0);
    let unlimited = anns.begins("POST /api/files?name=x", &[CHUNKED], 0).await;
    check(&answer("no length", unlimited).await, 411, "bad_field");
    assert_eq!(anns.asks("DELETE /api/uploads", &[], b"").await.status, 405);
    assert_eq!(anns.asks("GET /api/files", &[], b"").await.status, 405);
}

#[tokio::test]
async fn bytes_with_a_wrong_checksum_do_not_count() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let path = anns.creates(10).await;
    let patch = format!("PATCH {path}");
    let with = |offset, sum| [BYTES, ("Upload-Offset", offset), ("Upload-Checksum", sum)];
    // Of "hello".
    let (sha1, sha256) =
        ("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    check(&anns.asks(&patch, &with("0", sha1), b"hellO").await, 460, "wrong_checksum");
    assert_eq!(anns.offset(&path).await, 0);
    assert_eq!(anns.asks(&patch, &with("0", sha1), b"hello").await.status, 204);
    check(&anns.asks(&patch, &with("5", sha256), b"hellO").await, 460, "wrong_checksum");
    assert_eq!(anns.offset(&path).await, 5);
    assert_eq!(anns.asks(&patch, &with("5", sha256), b"hello").await.status, 204);
    assert_eq!(anns.gets(path.rsplit('/').next().unwrap(), &[]).await.body, "hellohello");
}

#[tokio::test]
async fn a_byte_a_second_is_too_slow_and_what_came_is_kept() {
    let house = House::with(|config| {
        config.timing.stall = Duration::from_millis(300);
        config.limits.transfer_rate_min = 100_000;
    })
    .await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let path = anns.creates(1000).await;
    let headers = [BYTES, ("Upload-Offset", "0")];
    let mut line = anns.begins(&format!("PATCH {path}"), &headers, 1000).await;
    line.write_all(b"hello").await.unwrap();
    let slow = answer("somebody slow to be cut off", line).await;
    assert_eq!(slow.status, 408, "{}", slow.body);
    assert_eq!(anns.offset(&path).await, 5);
    let mut line = anns.begins("POST /api/files?name=x", &[], 1000).await;
    line.write_all(b"hello").await.unwrap();
    assert_eq!(answer("somebody slow to be cut off", line).await.status, 408);
}

#[tokio::test]
async fn slow_but_alive_takes_as_long_as_it_takes() {
    let house = House::with(|config| {
        config.timing.http = Duration::from_millis(100);
        config.timing.http_life = Duration::from_millis(100);
        config.timing.stall = Duration::from_millis(500);
        config.limits.transfer_rate_min = 1;
    })
    .await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let mut line = anns.begins("POST /api/files?name=x", &[], 20).await;
    for _ in 0..20 {
        line.write_all(b"x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    let file = answer("a slow upload", line).await;
    assert_eq!(file.status, 201, "{}", file.body);
}

#[tokio::test]
async fn who_never_reads_is_cut_off_and_who_reads_slowly_is_not() {
    const SIZE: usize = 8 << 20;
    let house = House::with(|config| {
        config.timing.http_life = Duration::from_millis(100);
        config.timing.stall = Duration::from_millis(700);
    })
    .await;
    let ann = house.person("ann").await;
    let file = courier(&house, &ann).uploads("x", &vec![b'x'; SIZE]).await;
    let request = format!(
        "GET /api/files/{} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        file["id"].as_str().unwrap(),
        house.address(),
        ann.token
    );
    let begin = async || {
        let socket = TcpSocket::new_v4().unwrap();
        // Small, so that what the system keeps for a reader does not pass for reading.
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        let mut stream = socket.connect(house.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    };
    let (mut sleeper, mut slow) = (begin().await, begin().await);
    let mut got = 0;
    let mut buffer = vec![0; 512 * 1024];
    while got < SIZE {
        let read = in_time("more of the file", slow.read(&mut buffer)).await.unwrap();
        assert!(read > 0, "cut off after {got} bytes");
        got += read;
        if got % (1 << 20) < read {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    // By now the other one has long been cut off; what the system held for it still comes.
    let mut rest = Vec::new();
    let _ = in_time("the end", sleeper.read_to_end(&mut rest)).await;
    assert!(rest.len() < SIZE, "it got all of it");
}

#[tokio::test]
async fn twenty_at_once_at_the_edge_of_the_quota_get_what_there_is_and_no_more() {
    let house = House::with(|config| {
        config.limits.user_bytes_max = 1_000_000;
        config.timing.collect = Duration::from_millis(20);
    })
    .await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let content: Vec<Vec<u8>> = (0..20_u8).map(|number| vec![number; 200_000]).collect();
    let uploads = content.iter().map(|bytes| anns.asks("POST /api/files?name=x", &[], bytes));
    let answers = futures_util::future::join_all(uploads).await;
    let (kept, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(kept.len(), 5);
    refused.iter().for_each(|answer| check(answer, 413, "quota_exceeded"));
    check(&anns.asks("POST /api/uploads", &[("Upload-Length", "1")], b"").await, 413, "quota_exceeded");
    let bob = house.person("bob").await;
    courier(&house, &bob).uploads("x", &content[0]).await;
    // Room that is given back can be had again, and an upload that is only begun takes room as well.
    let id = kept[0].json()["id"].as_str().unwrap().to_owned();
    assert_eq!(anns.asks(&format!("DELETE /api/uploads/{id}"), &[], b"").await.status, 204);
    let path = anns.creates(200_000).await;
    check(&anns.asks("POST /api/files?name=x", &[], b"x").await, 413, "quota_exceeded");
    assert_eq!(anns.asks(&format!("DELETE {path}"), &[], b"").await.status, 204);
    anns.uploads("x", &content[0]).await;
}

#[tokio::test]
async fn what_was_begun_or_never_sent_is_collected() {
    let house = House::with(|config| {
        config.timing.collect = Duration::from_millis(20);
        config.timing.upload_kept = Duration::ZERO;
        config.timing.unsent_kept = Duration::from_millis(1);
        config.limits.user_bytes_max = 8192;
    })
    .await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let begun = anns.asks("POST /api/uploads", &[("Upload-Length", "5")], b"").await;
    assert_eq!(begun.status, 201);
    let path = begun.header("location").unwrap();
    assert_eq!(anns.asks(&format!("HEAD {path}"), &[], b"").await.status, 404, "it has expired");
    leaves_nothing(house.data()).await;
    in_time("the room to be given back", async {
        while anns.asks("POST /api/uploads", &[("Upload-Length", "8000")], b"").await.status != 201 {}
    })
    .await;
}

#[tokio::test]
async fn the_same_content_is_kept_once_and_goes_with_the_last_file() {
    let house = House::with(|config| config.timing.collect = Duration::from_millis(20)).await;
    let (mut ann, bob) = (house.person("ann").await, house.person("bob").await);
    let (anns, bobs) = (courier(&house, &ann), courier(&house, &bob));
    let content = vec![b'x'; 500_000];
    let (one, two) = tokio::join!(anns.uploads("one", &content), bobs.uploads("two", &content));
    let three = anns.uploads("three", &content).await;
    let id = |file: &serde_json::Value| file["id"].as_str().unwrap().to_owned();
    for file in [&one, &three] {
        let dropped = anns.asks(&format!("DELETE /api/uploads/{}", id(file)), &[], b"").await;
        assert_eq!(dropped.status, 204);
        assert_eq!(anns.gets(&id(file), &[]).await.status, 404);
    }
    assert_eq!(anns.gets(&id(&two), &[]).await.status, 404);
    assert!(bobs.gets(&id(&two), &[]).await.bytes == content, "bob's is still whole");
    assert_eq!(bobs.asks(&format!("DELETE /api/uploads/{}", id(&two)), &[], b"").await.status, 204);
    leaves_nothing(house.data()).await;
    let again = anns.uploads("again", &content).await;
    let sent = json!({"type": "send", "to": "bob", "client_id": "1", "file": again["id"]});
    assert_eq!(ann.asks(sent).await["type"], "ack");
    assert!(bobs.gets(&id(&again), &[]).await.bytes == content);
}

/// Somebody's token on a server that is a process.
async fn registers(server: SocketAddr) -> Person {
    Person::registers(server, "ann").await
}

#[cfg(unix)]
#[tokio::test]
async fn a_disk_that_is_full_in_the_middle_takes_nothing_and_the_chat_goes_on() {
    let server = RealServer::start_on_a_small_disk(3 * 1024, &["--max-file-size", "16MiB"]).await;
    let mut ann = registers(server.address()).await;
    let anns = Courier::new(server.address(), &ann.token);
    let large = vec![b'x'; 5 << 20];
    check(&anns.asks("POST /api/files?name=x", &[], &large).await, 503, "unavailable");
    leaves_nothing(server.data()).await;
    let path = anns.creates(large.len() as u64).await;
    check(&anns.appends(&path, 0, &large).await, 503, "unavailable");
    let offset = anns.offset(&path).await;
    assert!(offset <= 3 << 20, "{offset}");
    let part = server.data().join("files/parts").join(path.rsplit('/').next().unwrap());
    assert_eq!(part.metadata().unwrap().len(), offset, "what does not count does not fill the disk");
    ann.sends("ann", "still here").await;
    let small = anns.uploads("small", &large[..1 << 20]).await;
    assert!(anns.gets(small["id"].as_str().unwrap(), &[]).await.bytes == large[..1 << 20]);
}

#[tokio::test]
async fn a_kill_in_the_middle_leaves_what_was_saved_and_nothing_else() {
    let mut server = RealServer::start(&["--max-file-size", "64MiB"]).await;
    let ann = registers(server.address()).await;
    let content: Vec<u8> =
        (0..40 << 20).map(|place: usize| u8::try_from(place * 31 % 251).unwrap()).collect();
    let anns = Courier::new(server.address(), &ann.token);
    let path = anns.creates(content.len() as u64).await;
    let mut offset = 0;
    for kill in 0..3 {
        let headers = [BYTES, ("Upload-Offset", &*offset.to_string())];
        let from = usize::try_from(offset).unwrap();
        let mut line = anns.begins(&format!("PATCH {path}"), &headers, content.len() - from).await;
        line.write_all(&content[from..from + (10 << 20)]).await.unwrap();
        let mut plain = anns.begins("POST /api/files?name=x", &[], content.len()).await;
        plain.write_all(&content[..1 << 20]).await.unwrap();
        server.crashes_and_restarts().await;
        let now = anns.offset(&path).await;
        assert!(now >= offset && now <= offset + (10 << 20), "kill {kill}: {offset} became {now}");
        offset = now;
    }
    let from = usize::try_from(offset).unwrap();
    let whole = anns.appends(&path, offset, &content[from..]).await;
    assert_eq!(whole.status, 204, "{}", whole.body);
    let id = path.rsplit('/').next().unwrap();
    assert!(anns.gets(id, &[]).await.bytes == content, "not a byte is wrong");
    server.crashes_and_restarts().await;
    assert!(anns.gets(id, &[]).await.bytes == content, "and it is durable");
}

/// Up and down, a piece at a time, so that not even the story holds it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn memory_does_not_grow_with_the_file() {
    use crate::limits::resident;
    const PIECES: usize = 256;
    let server = RealServer::start(&["--max-file-size", "1GiB"]).await;
    let ann = registers(server.address()).await;
    let anns = Courier::new(server.address(), &ann.token);
    let piece = vec![b'x'; 1 << 20];
    // One that has come and gone, so that what the server needs once is there.
    let small = anns.uploads("small", &piece).await;
    anns.gets(small["id"].as_str().unwrap(), &[]).await;
    let before = resident(server.pid());
    let mut most = 0;
    let mut line = anns.begins("POST /api/files?name=x", &[], PIECES << 20).await;
    for _ in 0..PIECES {
        in_time("room in the socket", line.write_all(&piece)).await.unwrap();
        most = most.max(resident(server.pid()));
    }
    let file = answer("a large file", line).await.json();
    let request = format!("GET /api/files/{}", file["id"].as_str().unwrap());
    let mut line = anns.begins(&request, &[], 0).await;
    let (mut buffer, mut got) = (vec![0; 1 << 20], 0);
    loop {
        let read = in_time("more of the file", line.read(&mut buffer)).await.unwrap();
        if read == 0 {
            break;
        }
        got += read;
        most = most.max(resident(server.pid()));
    }
    assert!(got > PIECES << 20, "{got} bytes came");
    let grown = most.saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB more for a file of {PIECES} MiB");
}

#[tokio::test]
async fn a_stop_lets_nobody_wait_and_loses_nothing_that_came() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let anns = courier(&house, &ann);
    let path = anns.creates(1000).await;
    let headers = [BYTES, ("Upload-Offset", "0"), ("Expect", "100-continue")];
    let mut line = anns.begins(&format!("PATCH {path}"), &headers, 1000).await;
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    in_time("the server to want the bytes", line.read_exact(&mut go_on)).await.unwrap();
    line.write_all(b"hello").await.unwrap();
    let house = house.reopens().await;
    assert_eq!(answer("the interrupted one", line).await.status, 503);
    let offset = courier(&house, &ann).offset(&path).await;
    assert!(offset == 5 || offset == 0, "{offset}");
}

#[tokio::test]
async fn other_routes_are_as_strict_as_before() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let bearer = format!("Bearer {}", ann.token);
    let session =
        request_bytes(house.address(), "GET /api/session", &[("Authorization", &bearer)], b"").await;
    assert_eq!(session.status, 401, "a token in a header is for files");
    let large = vec![b'x'; 100_000];
    let json = ("Content-Type", "application/json");
    assert_eq!(request_bytes(house.address(), "POST /api/login", &[json], &large).await.status, 413);
}
