//! Every queue is bounded and every wait has an end.

use chat_protocol::CloseCode;
#[cfg(target_os = "linux")]
use chat_tests::RealServer;
use chat_tests::{House, PATIENCE, Wire, in_time};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_client_that_stays_silent_is_closed() {
    let house = House::with(|config| config.timing.login = Duration::from_millis(200)).await;
    let mut wire = Wire::dial(house.address()).await;
    assert_eq!(wire.close_code().await, Some(CloseCode::LoginFailed.number()));
}

#[tokio::test]
async fn chatter_that_is_no_login_gains_no_time() {
    let house = House::with(|config| config.timing.login = Duration::from_millis(300)).await;
    let mut wire = Wire::dial(house.address()).await;
    loop {
        wire.try_types(r#"{"type":"ping","id":"1"}"#).await;
        match wire.hears_or_end().await {
            Some(answer) => assert_eq!(answer["code"], "unauthenticated"),
            None => break,
        }
    }
}

#[tokio::test]
async fn a_socket_that_never_speaks_http_is_closed() {
    let house = House::with(|config| config.timing.http = Duration::from_millis(200)).await;
    let mut stream = TcpStream::connect(house.address()).await.unwrap();
    let mut rest = Vec::new();
    let _ = in_time("the server to hang up", stream.read_to_end(&mut rest)).await;
}

/// Writes the same bytes again and again and reads nothing, until the server hangs up.
async fn floods(mut stream: TcpStream, bytes: &[u8]) {
    const TOO_MANY: usize = 64 * 1024 * 1024;
    let mut taken = 0;
    while in_time("the server to take it or hang up", stream.write_all(bytes)).await.is_ok() {
        taken += bytes.len();
        assert!(taken < TOO_MANY, "the server still reads, and keeps its answers for somebody who does not");
    }
}

#[tokio::test]
async fn pings_of_somebody_who_reads_nothing_do_not_pile_up_their_answers() {
    const PINGS: usize = 500;
    let house = House::with(|config| {
        config.timing.login = PATIENCE;
        config.timing.write = Duration::from_millis(200);
    })
    .await;
    // A masked ping of the greatest length, whose mask of zeros changes nothing.
    let ping = [&[0x89, 0x80 | 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat().repeat(PINGS);
    let stranger = Wire::dial(house.address()).await.falls_asleep();
    let ann = house.person("ann").await.falls_asleep();
    tokio::join!(floods(stranger, &ping), floods(ann, &ping));
}

/// In KiB, by the system's count.
#[cfg(target_os = "linux")]
pub fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The room for a frame is set aside when its head has come. As long as nothing is in it, it must not be there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_head_of_a_long_frame_takes_no_memory() {
    const STRANGERS: usize = 100;
    let server = RealServer::start(&[]).await;
    // One who has come and gone, so that what the server needs once is there.
    Wire::dial(server.address()).await.vanishes();
    let before = resident(server.pid());
    let mut head = vec![0x81, 0x80 | 127, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
    head.extend([b'x'; 100]);
    let mut strangers = Vec::new();
    for _ in 0..STRANGERS {
        let mut stream = Wire::dial(server.address()).await.falls_asleep();
        stream.write_all(&head).await.unwrap();
        strangers.push(stream);
    }
    // The last one's answer shows that the server has read what the others sent before it.
    let mut last = Wire::dial(server.address()).await;
    last.asks(json!({"type": "ping"})).await;
    let each = resident(server.pid()).saturating_sub(before) / STRANGERS;
    assert!(each < 64, "{each} KiB for 114 bytes that came");
}

#[tokio::test]
async fn a_browser_that_never_reads_its_answers_is_cut_off() {
    let house = House::with(|config| {
        config.timing.http = Duration::from_millis(200);
        config.timing.http_life = Duration::from_millis(200);
    })
    .await;
    let request = format!("GET /api/emoji.json HTTP/1.1\r\nHost: {}\r\n\r\n", house.address());
    floods(TcpStream::connect(house.address()).await.unwrap(), request.as_bytes()).await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_hurts_only_itself() {
    let house = House::with(|config| {
        config.limits.mailbox_frames_max = 8;
        config.timing.write = Duration::from_secs(60);
    })
    .await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut slow = house.person("cyd").await;
    let text = "x".repeat(8000);
    let mut sent = 0;
    // The slow one reads nothing, until the system's buffers and its mailbox are full. The quick one gets each at once.
    while !ann.has_heard(|push| push["user"] == "cyd" && push["online"] == false) {
        ann.sends("cyd", &text).await;
        ann.sends("bob", &text).await;
        bob.expects("ann", &text).await;
        sent += 1;
        assert!(sent < 5000, "40 MB are kept for somebody who does not read");
    }
    assert_eq!(slow.close_code().await, Some(CloseCode::Lagging.number()));
    let mut cyd = slow.again(house.address()).await;
    assert_eq!(cyd.reads_all("ann").await.len(), sent, "nothing is skipped");
}

#[tokio::test]
async fn somebody_too_fast_is_told_when_to_come_back() {
    let house = House::with(|config| config.limits.requests_per_second = 1).await;
    let mut ann = house.person("ann").await;
    let refused = loop {
        let answer = ann.asks(json!({"type": "ping"})).await;
        if answer["type"] == "error" {
            break answer;
        }
    };
    assert_eq!(refused["code"], "rate_limited");
    let wait = refused["retry_after_ms"].as_u64().unwrap();
    tokio::time::sleep(Duration::from_millis(wait)).await;
    assert_eq!(ann.asks(json!({"type": "ping"})).await["type"], "pong");
}

#[tokio::test]
async fn one_user_cannot_take_all_connections() {
    let house = House::with(|config| config.limits.connections_per_user = 2).await;
    let ann = house.person("ann").await;
    let second = ann.again(house.address()).await;
    let mut third = Wire::dial(house.address()).await;
    third.types(json!({"type": "hello", "id": "1", "version": 1, "token": ann.token}).to_string()).await;
    assert_eq!(third.close_code().await, Some(CloseCode::TooMany.number()));
    drop(second);
    house.person("bob").await;
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let house = House::with(|config| config.limits.connections_per_address = 2).await;
    let _first = Wire::dial(house.address()).await;
    let second = Wire::dial(house.address()).await;
    assert!(Wire::dial_with(house.address(), &[]).await.is_err());
    drop(second);
}
