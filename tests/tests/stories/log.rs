//! What must not stand in a log does not, however much is logged.

use chat_tests::{PASSWORD, Person, RealServer, Wire, http};
use serde_json::json;

#[tokio::test]
async fn no_secret_and_no_text_stands_in_the_log() {
    const TEXT: &str = "a text for bob alone";
    let server = RealServer::start_with(&[], &[("CHAT_LOG", "trace")]).await;
    let (mut ann, mut bob) =
        (Person::registers(server.address(), "ann").await, Person::registers(server.address(), "bob").await);
    ann.sends("bob", TEXT).await;
    bob.expects("ann", TEXT).await;
    bob.reads_all("ann").await;
    let body = json!({"user": "ann", "password": PASSWORD}).to_string();
    let json = [("Content-Type", "application/json")];
    let login = http::request(server.address(), "POST /api/login", &json, &body).await;
    let cookie = login.header("set-cookie").unwrap().split(';').next().unwrap();
    let session = http::request(server.address(), "GET /api/session", &[("Cookie", cookie)], "").await;
    assert_eq!(session.status, 200);
    let mut browser = Wire::dial_with(server.address(), &[("cookie", cookie)]).await.unwrap();
    assert_eq!(browser.asks(json!({"type": "hello", "version": 1})).await["type"], "welcome");
    let (_, cookie) = cookie.split_once('=').unwrap();
    let log = server.log();
    for secret in [TEXT, PASSWORD, &ann.token, &bob.token, cookie] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}
