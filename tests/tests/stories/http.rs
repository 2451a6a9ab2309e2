//! What the browser's side of the port answers, and what it refuses.

use chat_tests::http::{Answer, request};
use chat_tests::{House, PASSWORD, Person, Wire};
use serde_json::json;

const JSON: (&str, &str) = ("Content-Type", "application/json");

fn credentials(user: &str) -> String {
    json!({"user": user, "password": PASSWORD}).to_string()
}

/// The cookie that an answer sets, as a browser would send it back.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_registers_is_known_by_its_cookie_and_logs_out() {
    let house = House::open().await;
    let at = house.address();
    let registered = request(at, "POST /api/register", &[JSON], &credentials("ann")).await;
    assert_eq!((registered.status, registered.json()), (200, json!({"user": "ann"})));
    let set = registered.header("set-cookie").unwrap();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(flag), "{set}");
    }
    assert!(
        !registered.body.contains(cookie(&registered).split_once('=').unwrap().1),
        "scripts never see the token"
    );
    let cookie = cookie(&registered);
    let session = request(at, "GET /api/session", &[("Cookie", &cookie)], "").await;
    assert_eq!((session.status, session.json()), (200, json!({"user": "ann"})));
    let mut wire = Wire::dial_with(at, &[("Cookie", &cookie)]).await.unwrap();
    assert_eq!(wire.asks(json!({"type": "hello", "version": 1})).await["user"], "ann");
    let out = request(at, "POST /api/logout", &[("Cookie", &cookie)], "").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(wire.close_code().await, Some(4403));
    assert_eq!(request(at, "GET /api/session", &[("Cookie", &cookie)], "").await.status, 401);
    let mut late = Wire::dial_with(at, &[("Cookie", &cookie)]).await.unwrap();
    assert_eq!(late.asks(json!({"type": "hello", "version": 1})).await["code"], "bad_credentials");
    let again = request(at, "POST /api/login", &[JSON], &credentials("ann")).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn refusals_are_the_same_frames_with_a_fitting_status() {
    let house = House::open().await;
    house.person("ann").await;
    let wrong = json!({"user": "ann", "password": "wrong password"}).to_string();
    let huge = json!({"user": "ann", "password": "x".repeat(10_000)}).to_string();
    for (line, body, status, code) in [
        ("POST /api/register", credentials("ann"), 409, "name_taken"),
        ("POST /api/register", credentials("Ann"), 400, "bad_field"),
        ("POST /api/login", wrong, 401, "bad_credentials"),
        ("POST /api/login", credentials("nobody"), 401, "bad_credentials"),
        ("POST /api/login", "{".to_owned(), 400, "bad_json"),
        ("POST /api/login", "{}".to_owned(), 400, "bad_field"),
    ] {
        let answer = request(house.address(), line, &[JSON], &body).await;
        assert_eq!(answer.status, status, "{line} {body}");
        let frame = answer.json();
        assert_eq!(
            (&frame["type"], &frame["code"], &frame["id"]),
            (&json!("error"), &json!(code), &json!(null))
        );
        assert_eq!(answer.header("set-cookie"), None);
    }
    assert_eq!(request(house.address(), "POST /api/login", &[JSON], &huge).await.status, 413);
}

#[tokio::test]
async fn a_form_of_another_site_is_not_taken() {
    let house = House::open().await;
    house.person("ann").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer =
            request(house.address(), "POST /api/login", &[("Content-Type", kind)], &credentials("ann")).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (400, None), "{kind}");
    }
}

#[tokio::test]
async fn another_sites_page_and_a_foreign_name_are_refused_everywhere() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let cookie = format!("chat_session={}", ann.token);
    let port = house.address().port();
    let (own, sibling) = (format!("http://localhost:{port}"), format!("http://localhost:{}", port ^ 1));
    for origin in ["http://evil.example", "null", "https://127.0.0.1", sibling.as_str(), own.as_str()] {
        let headers = [("Origin", origin), ("Cookie", cookie.as_str())];
        assert!(Wire::dial_with(house.address(), &headers).await.is_err(), "{origin} opened a WebSocket");
        for line in ["GET /api/session", "POST /api/logout", "POST /api/login", "GET /", "GET /healthz"] {
            let answer = request(house.address(), line, &headers, "").await;
            assert_eq!(answer.status, 403, "{line} from {origin}");
        }
    }
    for host in ["evil.example", "evil.example:5000", "localhost.evil.example", ""] {
        let answer = request(house.address(), "GET /", &[("Host", host)], "").await;
        assert!(matches!(answer.status, 400 | 403), "{host:?}: {}", answer.status);
    }
    let own = format!("http://{}", house.address());
    let headers = [("Origin", own.as_str()), ("Cookie", cookie.as_str())];
    assert!(Wire::dial_with(house.address(), &headers).await.is_ok());
    Person::returns(house.address(), &ann.token).await;
}

#[tokio::test]
async fn a_request_that_names_two_servers_or_two_origins_is_refused() {
    let house = House::open().await;
    let here = house.address().to_string();
    let own = format!("http://{here}");
    for headers in [
        [("Host", here.as_str()), ("Host", "evil.example")],
        [("Host", here.as_str()), ("Host", here.as_str())],
        [("Origin", own.as_str()), ("Origin", "http://evil.example")],
    ] {
        let answer = request(house.address(), "GET /healthz", &headers, "").await;
        assert!(matches!(answer.status, 400 | 403), "{headers:?}: {}", answer.status);
    }
    assert_eq!(request(house.address(), "GET http://evil.example/healthz", &[], "").await.status, 403);
    assert_eq!(request(house.address(), &format!("GET {own}/healthz"), &[], "").await.status, 200);
}

#[tokio::test]
async fn every_answer_has_the_strict_headers() {
    let house = House::open().await;
    for line in
        ["GET /", "GET /nowhere", "GET /api/session", "GET /api/emoji.json", "GET /healthz", "GET /ws"]
    {
        let answer = request(house.address(), line, &[], "").await;
        let csp = answer.header("content-security-policy").unwrap_or_else(|| panic!("{line}"));
        assert!(csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{csp}");
        assert!(!csp.contains("unsafe"), "{csp}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{line}");
        }
        assert!(answer.header("cache-control").is_some(), "{line}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{line}");
    }
}

#[tokio::test]
async fn a_token_in_a_url_or_a_header_is_worth_nothing() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let by_url = request(house.address(), &format!("GET /api/session?token={}", ann.token), &[], "").await;
    assert_eq!(by_url.status, 401);
    let bearer = format!("Bearer {}", ann.token);
    let by_header = request(house.address(), "GET /api/session", &[("Authorization", &bearer)], "").await;
    assert_eq!(by_header.status, 401);
}

#[tokio::test]
async fn the_small_routes_answer() {
    let house = House::open().await;
    let health = request(house.address(), "GET /healthz", &[], "").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok\n"));
    let emoji = request(house.address(), "GET /api/emoji.json", &[], "").await;
    let wave = json!(["wave", "👋"]);
    assert!(emoji.json().as_array().unwrap().contains(&wave));
    for (line, status) in [
        ("GET /nowhere", 404),
        ("GET /assets/../Cargo.toml", 404),
        ("GET /assets/..%2f..%2fCargo.toml", 404),
        ("GET /api/login", 405),
        ("DELETE /", 405),
        ("GET /ws", 426),
    ] {
        assert_eq!(request(house.address(), line, &[], "").await.status, status, "{line}");
    }
}
