//! A server that cannot start says in one line what and where, and its exit code is not 0.

use chat_tests::{RealServer, run_program};
use std::net::TcpListener;

async fn check_refused(args: &[&str], expected: &str) {
    check_refused_with(args, &[], expected).await;
}

async fn check_refused_with(args: &[&str], env: &[(&str, &str)], expected: &str) {
    let output = run_program("chat-server", args, env, "").await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{args:?} started");
    assert!(said.contains(expected), "{args:?}: {said}");
    assert_eq!(said.trim_end().lines().count(), 1, "one line: {said}");
    assert!(output.stdout.is_empty(), "it promised an address");
}

#[tokio::test]
async fn a_taken_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    check_refused(&["--listen", &address, "--data", data.path().to_str().unwrap()], &address).await;
}

#[tokio::test]
async fn a_folder_that_is_a_file() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for folder in [file.clone(), file.join("below")] {
        let folder = folder.to_str().unwrap();
        check_refused(&["--listen", "127.0.0.1:0", "--data", folder], folder).await;
    }
}

#[tokio::test]
async fn a_folder_that_nobody_can_write() {
    check_refused(&["--listen", "127.0.0.1:0", "--data", "/proc/nobody/can/write/here"], "/proc/nobody")
        .await;
}

#[tokio::test]
async fn a_second_server_on_the_same_data() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("chat.db");
    let store = format!("sqlite:{}", file.display());
    let first = RealServer::start(&["--store", &store]).await;
    check_refused(&["--listen", "127.0.0.1:0", "--store", &store], data.path().to_str().unwrap()).await;
    chat_tests::Person::registers(first.address(), "ann").await;
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("chat.db"), "this is no database, and must stay as it is").unwrap();
    check_refused(&["--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()], "chat.db").await;
    let left = std::fs::read_to_string(data.path().join("chat.db")).unwrap();
    assert!(left.starts_with("this is no database"), "{left}");
}

#[tokio::test]
async fn a_setting_that_makes_no_sense() {
    for args in [
        &["--listen", "nowhere"][..],
        &["--registration", "perhaps"],
        &["--colour"],
        &["--store", "postgres://x"],
        &["--listen", "127.0.0.1:99999"],
    ] {
        let output = run_program("chat-server", args, &[], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{args:?} started");
        assert!(said.contains(args[0]), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn the_first_line_tells_an_address_that_answers() {
    let server = RealServer::start(&[]).await;
    assert!(server.address().ip().is_loopback() && server.address().port() != 0, "{}", server.address());
    let health = chat_tests::http::request(server.address(), "GET /healthz", &[], "").await;
    assert_eq!(health.status, 200);
}

#[tokio::test]
async fn a_log_filter_that_cannot_be_understood() {
    let data = tempfile::tempdir().unwrap();
    let args = ["--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()];
    check_refused_with(&args, &[("CHAT_LOG", "chat_server=loud")], "CHAT_LOG").await;
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_open_what_the_server_keeps() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    let house = chat_tests::House::with(|config| {
        config.store = chat_server::StoreLocation::Sqlite(data.path().join("kept/chat.db"));
    })
    .await;
    house.person("ann").await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = data.path().join("kept");
    assert_eq!(mode(&folder), 0o700);
    for file in std::fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        let expected = if file.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&file), expected, "{}", file.display());
    }
}
