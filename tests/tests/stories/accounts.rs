//! Accounts and devices: who gets in, and who is put out.

use chat_protocol::CloseCode;
use chat_server::Registration;
use chat_tests::{House, PASSWORD, Person, Wire};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn code_of(house: &House, request: Value) -> Value {
    Wire::dial(house.address()).await.asks(request).await["code"].clone()
}

#[tokio::test]
async fn one_registers_logs_in_and_comes_back_with_the_token() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let laptop = Person::logs_in(house.address(), "ann").await;
    assert_ne!(ann.token, laptop.token);
    assert_ne!(ann.device, laptop.device);
    let again = Person::returns(house.address(), &ann.token).await;
    assert_eq!((again.name.as_str(), &again.device), ("ann", &ann.device));
}

#[tokio::test]
async fn a_wrong_login_is_refused_and_does_not_say_why() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let login = |user: &str, password: &str| json!({"type": "login", "version": 1, "user": user, "password": password});
    let wrong = Wire::dial(house.address()).await.asks(login("ann", "wrong password")).await;
    let nobody = Wire::dial(house.address()).await.asks(login("nobody", "wrong password")).await;
    assert_eq!(wrong["code"], "bad_credentials");
    assert_eq!((&wrong["message"], &wrong["code"]), (&nobody["message"], &nobody["code"]));
    for token in ["", "x", &ann.token[1..], &ann.token.to_uppercase(), &"0".repeat(64)] {
        let code = code_of(&house, json!({"type": "hello", "version": 1, "token": token})).await;
        assert_eq!(code, "bad_credentials", "{token:?}");
    }
}

#[tokio::test]
async fn each_bad_registration_gets_its_code_and_makes_nothing() {
    let house = House::open().await;
    house.person("ann").await;
    let register = |user: &str, password: &str| json!({"type": "register", "version": 1, "user": user, "password": password});
    for (request, code) in [
        (register("ann", PASSWORD), "name_taken"),
        (register("bob", "1234567"), "bad_field"),
        (register("bob", &"x".repeat(257)), "bad_field"),
        (register("Bob", PASSWORD), "bad_field"),
        (register("b\u{43e}b", PASSWORD), "bad_field"),
        (register("../bob", PASSWORD), "bad_field"),
        (
            json!({"type": "register", "version": 1, "user": "bob", "password": PASSWORD, "device": "x".repeat(65)}),
            "bad_field",
        ),
        (
            json!({"type": "register", "version": 2, "user": "bob", "password": PASSWORD}),
            "version_unsupported",
        ),
    ] {
        assert_eq!(code_of(&house, request.clone()).await, code, "{request}");
    }
    house.person("bob").await;
}

#[tokio::test]
async fn nothing_is_answered_before_the_login_and_no_second_one_after() {
    let house = House::open().await;
    let mut wire = Wire::dial(house.address()).await;
    for request in [
        json!({"type": "list"}),
        json!({"type": "ping"}),
        json!({"type": "devices"}),
        json!({"type": "send", "to": "ann", "client_id": "x", "text": "x"}),
    ] {
        assert_eq!(wire.asks(request).await["code"], "unauthenticated");
    }
    let register = json!({"type": "register", "version": 1, "user": "ann", "password": PASSWORD});
    assert_eq!(wire.asks(register.clone()).await["type"], "welcome");
    assert_eq!(wire.asks(register).await["code"], "already_authenticated");
}

#[tokio::test]
async fn after_five_wrong_attempts_the_connection_is_closed() {
    let house = House::open().await;
    let mut wire = Wire::dial(house.address()).await;
    for _ in 0..5 {
        let hello = json!({"type": "hello", "version": 1, "token": "x"});
        assert_eq!(wire.asks(hello).await["code"], "bad_credentials");
    }
    assert_eq!(wire.close_code().await, Some(CloseCode::LoginFailed.number()));
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down_for_that_name_only() {
    let house = House::with(|config| config.limits.wrong_passwords_per_name = 2).await;
    let (ann, _bob) = (house.person("ann").await, house.person("bob").await);
    let guess = json!({"type": "login", "version": 1, "user": "ann", "password": "wrong password"});
    for _ in 0..2 {
        assert_eq!(code_of(&house, guess.clone()).await, "bad_credentials");
    }
    let refused = Wire::dial(house.address()).await.asks(guess).await;
    assert_eq!(refused["code"], "rate_limited");
    assert!(refused["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{refused}");
    Person::logs_in(house.address(), "bob").await;
    Person::returns(house.address(), &ann.token).await;
}

#[tokio::test]
async fn guesses_at_the_same_moment_count_one_by_one() {
    const ALLOWED: u32 = 2;
    let house = House::with(|config| config.limits.wrong_passwords_per_name = ALLOWED).await;
    let ann = house.person("ann").await;
    let guess = json!({"type": "login", "version": 1, "user": "ann", "password": "wrong password"});
    let codes = futures_util::future::join_all((0..20).map(|_| code_of(&house, guess.clone()))).await;
    let told = codes.iter().filter(|code| **code == json!("bad_credentials")).count();
    assert_eq!(told, ALLOWED as usize, "{codes:?}");
    Person::returns(house.address(), &ann.token).await;
}

/// Somebody who knows the old password knocks all the time while it is changed.
#[tokio::test]
async fn a_login_under_way_does_not_outlive_a_new_password() {
    let house = House::with(|config| {
        config.limits.wrong_passwords_per_name = 1000;
        config.limits.wrong_passwords_per_address = 1000;
        config.limits.connections_per_user = 1000;
    })
    .await;
    let mut ann = house.person("ann").await;
    let login = json!({"type": "login", "id": "1", "version": 1, "user": "ann", "password": PASSWORD});
    // The last one is refused, or put out before it is welcomed.
    let knocks = async || loop {
        let mut wire = Wire::dial(house.address()).await;
        wire.types(login.to_string()).await;
        if wire.hears_or_end().await.is_none_or(|answer| answer["type"] != "welcome") {
            return;
        }
    };
    let change = json!({"type": "password", "old": PASSWORD, "new": "another password"});
    let (changed, _) =
        tokio::join!(ann.asks(change), futures_util::future::join_all((0..8).map(|_| knocks())));
    assert_eq!(changed["type"], "ok");
    let devices = ann.asks(json!({"type": "devices"})).await["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 1, "{devices}");
}

#[tokio::test]
async fn a_new_password_logs_all_other_devices_out() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let mut laptop = Person::logs_in(house.address(), "ann").await;
    let change = |old: &str, new: &str| json!({"type": "password", "old": old, "new": new});
    assert_eq!(ann.asks(change("wrong password", "another password")).await["code"], "bad_credentials");
    assert_eq!(ann.asks(change(PASSWORD, "short")).await["code"], "bad_field");
    laptop.asks(json!({"type": "ping"})).await;
    assert_eq!(ann.asks(change(PASSWORD, "another password")).await["type"], "ok");
    assert_eq!(laptop.close_code().await, Some(CloseCode::Revoked.number()));
    let hello = json!({"type": "hello", "version": 1, "token": laptop.token});
    assert_eq!(code_of(&house, hello).await, "bad_credentials");
    let login = |password: &str| json!({"type": "login", "version": 1, "user": "ann", "password": password});
    assert_eq!(code_of(&house, login(PASSWORD)).await, "bad_credentials");
    let welcome = Wire::dial(house.address()).await.asks(login("another password")).await;
    assert_eq!(welcome["type"], "welcome");
    Person::returns(house.address(), &ann.token).await;
}

#[tokio::test]
async fn a_revoked_device_is_put_out_within_a_second() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let login =
        json!({"type": "login", "version": 1, "user": "ann", "password": PASSWORD, "device": "old phone"});
    let mut phone = Wire::dial(house.address()).await;
    let welcome = phone.asks(login).await;
    let listed = ann.asks(json!({"type": "devices"})).await["devices"].clone();
    let of_phone = listed.as_array().unwrap().iter().find(|row| row["device"] == welcome["device"]).unwrap();
    assert_eq!((&of_phone["name"], &of_phone["current"]), (&json!("old phone"), &json!(false)));
    let started = Instant::now();
    assert_eq!(ann.asks(json!({"type": "revoke", "device": welcome["device"]})).await["type"], "ok");
    assert_eq!(phone.close_code().await, Some(CloseCode::Revoked.number()));
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let hello = json!({"type": "hello", "version": 1, "token": welcome["token"]});
    assert_eq!(code_of(&house, hello).await, "bad_credentials");
    assert_eq!(ann.asks(json!({"type": "devices"})).await["devices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_revokes_the_device_of_another() {
    let house = House::open().await;
    let (ann, mut eve) = (house.person("ann").await, house.person("eve").await);
    let refused = eve.asks(json!({"type": "revoke", "device": ann.device})).await;
    assert_eq!(refused["code"], "unknown_device");
    Person::returns(house.address(), &ann.token).await;
}

#[tokio::test]
async fn logging_out_ends_the_token_and_all_its_sockets() {
    let house = House::open().await;
    let mut ann = house.person("ann").await;
    let mut second = ann.again(house.address()).await;
    assert_eq!(ann.asks(json!({"type": "logout"})).await["type"], "ok");
    assert_eq!(ann.close_code().await, Some(CloseCode::Normal.number()));
    assert_eq!(second.close_code().await, Some(CloseCode::Revoked.number()));
    let hello = json!({"type": "hello", "version": 1, "token": ann.token});
    assert_eq!(code_of(&house, hello).await, "bad_credentials");
}

#[tokio::test]
async fn a_closed_server_makes_no_accounts_but_knows_its_own() {
    let house = House::with(|config| config.registration = Registration::Closed).await;
    let register = json!({"type": "register", "version": 1, "user": "ann", "password": PASSWORD});
    assert_eq!(code_of(&house, register).await, "registration_closed");
    let flags = house.store_flags();
    let add: Vec<_> = ["user", "add", "ann"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    let added = chat_tests::run_program("chat-server", &add, &[], &format!("{PASSWORD}\n")).await;
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    Person::logs_in(house.address(), "ann").await;
    let twice = chat_tests::run_program("chat-server", &add, &[], &format!("{PASSWORD}\n")).await;
    assert!(!twice.status.success());
}

#[tokio::test]
async fn tokens_and_passwords_are_not_in_the_store() {
    let house = House::open().await;
    let ann = house.person("ann").await;
    let token = ann.token.clone();
    let folder = house.closes().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            // What people sent each other; the server writes nothing of its own there.
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        for secret in [token.as_bytes(), PASSWORD.as_bytes()] {
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "a secret stands in the store"
            );
        }
    }
}

#[tokio::test]
async fn with_one_device_too_many_the_one_that_was_away_longest_is_logged_out() {
    let house = House::with(|config| config.limits.devices_per_user = 2).await;
    let mut oldest = house.person("ann").await;
    let mut older = Person::logs_in(house.address(), "ann").await;
    let mut newest = Person::logs_in(house.address(), "ann").await;
    assert_eq!(oldest.close_code().await, Some(CloseCode::Revoked.number()));
    let devices = newest.asks(json!({"type": "devices"})).await["devices"].clone();
    assert_eq!(devices.as_array().unwrap().len(), 2, "{devices}");
    older.asks(json!({"type": "ping"})).await;
}
