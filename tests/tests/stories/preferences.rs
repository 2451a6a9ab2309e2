//! What somebody wants of their conversations: on all of their devices, and nobody else's business.

use super::headless::{Machine, WITH_PASSWORD};
use chat_tests::{House, Person};
use serde_json::{Value, json};

/// Changes what is given; gives whatever the server answers.
async fn prefers(person: &mut Person, target: Value, change: Value) -> Value {
    let mut request = json!({"type": "prefer"});
    for part in [target, change] {
        request.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    person.asks(request).await
}

#[tokio::test]
async fn it_holds_on_all_devices_and_nobody_else_is_told() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let mut tablet = Person::logs_in(house.address(), "ann").await;
    let talk = bob.sends("ann", "one").await["conversation"].clone();
    bob.sends("ann", "two").await;
    let usual = ann.opens("bob").await;
    for field in ["level", "archived", "blocked"] {
        assert_eq!(usual.get(field), None, "{usual}");
    }
    let muted = prefers(&mut ann, json!({"to": "bob"}), json!({"level": "mentions"})).await;
    assert_eq!(
        (&muted["type"], &muted["summary"]["level"]),
        (&json!("opened"), &json!("mentions")),
        "{muted}"
    );
    let told = json!({"type": "preferences", "conversation": talk, "level": "mentions"});
    let away = prefers(&mut ann, json!({"conversation": talk}), json!({"archived": true})).await;
    assert_eq!((&away["summary"]["level"], &away["summary"]["archived"]), (&json!("mentions"), &json!(2)));
    let told_next = json!({"type": "preferences", "conversation": talk, "level": "mentions", "archived": 2});
    for device in [&mut ann, &mut tablet] {
        assert_eq!(device.push("preferences").await, told);
        assert_eq!(device.push("preferences").await, told_next);
    }
    bob.sends("ann", "three").await;
    let listed = tablet.asks(json!({"type": "list"})).await["conversations"][0].clone();
    assert_eq!(
        (&listed["level"], &listed["archived"], &listed["head"], &listed["unread"]),
        (&json!("mentions"), &json!(2), &json!(3), &json!(3)),
        "it is delivered and counted all the same"
    );
    bob.has_no_push("preferences").await;
    let bobs = bob.opens("ann").await;
    assert_eq!((bobs.get("level"), bobs.get("archived")), (None, None));
    let house = house.reopens().await;
    let mut tablet = Person::returns(house.address(), &tablet.token).await;
    assert_eq!(tablet.opens("bob").await["archived"], 2);
    let back = prefers(&mut tablet, json!({"to": "bob"}), json!({"level": "all", "archived": false})).await;
    assert_eq!((back["summary"].get("level"), back["summary"].get("archived")), (None, None));
    let told = json!({"type": "preferences", "conversation": talk});
    assert_eq!(tablet.push("preferences").await, told);
}

#[tokio::test]
async fn a_group_is_muted_by_its_members_alone() {
    let house = House::open().await;
    let (mut ann, mut bob) = (house.person("ann").await, house.person("bob").await);
    let make = json!({"type": "create_group", "client_id": "m", "name": "ops", "public": true});
    let group = ann.asks(make).await["summary"]["conversation"].clone();
    let none = json!({"level": "none"});
    assert_eq!(prefers(&mut ann, json!({"group": "ops"}), none.clone()).await["summary"]["level"], "none");
    for target in
        [json!({"group": "ops"}), json!({"conversation": group}), json!({"conversation": "00ff00ff00ff00ff"})]
    {
        for change in [none.clone(), json!({"blocked": true}), json!({})] {
            let answer = prefers(&mut bob, target.clone(), change).await;
            assert_eq!(answer["code"], "unknown_conversation", "{target}");
        }
    }
    assert_eq!(prefers(&mut bob, json!({"group": "nothing"}), none.clone()).await["code"], "unknown_group");
    assert_eq!(prefers(&mut bob, json!({"to": "nobody"}), none.clone()).await["code"], "unknown_user");
    bob.asks(json!({"type": "join", "group": "ops", "client_id": "j"})).await;
    assert_eq!(prefers(&mut bob, json!({"group": "ops"}), none).await["summary"]["level"], "none");
    bob.does("leave", &group, 1, json!({})).await;
    bob.asks(json!({"type": "join", "group": "ops", "client_id": "j2"})).await;
    let again = bob.asks(json!({"type": "open", "group": "ops"})).await["summary"].clone();
    assert_eq!(again.get("level"), None, "who comes again begins anew");
}

#[tokio::test]
async fn what_makes_no_sense_changes_nothing() {
    let house = House::open().await;
    let (mut ann, _bob) = (house.person("ann").await, house.person("bob").await);
    let group = ann.asks(json!({"type": "create_group", "client_id": "m", "name": "ops"})).await;
    let group = json!({"conversation": group["summary"]["conversation"]});
    let bob = json!({"to": "bob"});
    for (target, change) in [
        (group.clone(), json!({"blocked": true})),
        (group.clone(), json!({"blocked": false, "level": "none"})),
        (json!({"to": "ann"}), json!({"blocked": true, "level": "none"})),
        (bob.clone(), json!({"level": "loud"})),
        (bob.clone(), json!({"level": 1})),
        (bob.clone(), json!({"archived": 7})),
        (bob.clone(), json!({"blocked": "yes", "level": "none"})),
        (json!({}), json!({"level": "none"})),
        (json!({"to": "bob", "group": "ops"}), json!({"level": "none"})),
    ] {
        let answer = prefers(&mut ann, target.clone(), change.clone()).await;
        assert_eq!(answer["code"], "bad_field", "{target} {change}: {answer}");
    }
    ann.has_no_push("preferences").await;
    for target in [group, bob.clone(), json!({"to": "ann"})] {
        let answer = prefers(&mut ann, target, json!({})).await;
        assert_eq!(answer["summary"].get("level"), None, "{answer}");
    }
    let away = prefers(&mut ann, bob, json!({"archived": true})).await;
    assert_eq!(away["summary"].get("archived"), None, "of what is empty there is nothing to put away");
    assert_eq!(ann.asks(json!({"type": "blocked"})).await["users"], json!([]));
}

#[tokio::test]
async fn scripts_mute_archive_and_block() {
    let house = House::open().await;
    let (ann, bob) = (Machine::new(&house, "ann"), Machine::new(&house, "bob"));
    for machine in [&ann, &bob] {
        machine.prints(&["register"], &WITH_PASSWORD, "").await;
    }
    bob.prints(&["send", "ann", "hi"], &[], "").await;
    let made = bob.prints(&["group", "create", "ops", "ann"], &[], "").await;
    let id = made[0].as_str().unwrap();
    let usual = ann.prints(&["--json", "prefer", "bob"], &[], "").await;
    let held = |level: &str, archived: u64, blocked: bool| json!([{"conversation": usual[0]["conversation"], "level": level, "archived": archived, "blocked": blocked}]);
    assert_eq!(json!(usual), held("all", 0, false));
    let muted = ann.prints(&["--json", "prefer", "bob", "--level", "mentions", "--archive"], &[], "").await;
    assert_eq!(json!(muted), held("mentions", 1, false));
    assert_eq!(
        ann.prints(&["prefer", "bob", "--block"], &[], "").await,
        ["level mentions, archived, blocked"]
    );
    assert_eq!(ann.prints(&["blocked"], &[], "").await, ["bob"]);
    assert_eq!(ann.prints(&["--json", "blocked"], &[], "").await, [json!({"user": "bob"})]);
    assert_eq!(bob.prints(&["blocked"], &[], "").await, [] as [Value; 0]);
    for machine in [(&ann, "bob"), (&bob, "ann")] {
        let refused = machine.0.runs(&["send", machine.1, "x"], &[], "").await;
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!((refused.status.code(), said.contains("block")), (Some(5), true), "{said}");
        // It has failed for good, and is in nobody's way later.
        machine.0.prints(&["send", "#ops", "x"], &[], "").await;
    }
    let back =
        ann.prints(&["--json", "prefer", "bob", "--unblock", "--unarchive", "--level", "all"], &[], "").await;
    assert_eq!(json!(back), held("all", 0, false));
    bob.prints(&["send", "ann", "again"], &[], "").await;
    assert_eq!(ann.prints(&["recv", "--from", "bob"], &[], "").await.len(), 2);
    for group in ["#ops", id] {
        let line = ann.prints(&["prefer", group, "--level", "none"], &[], "").await;
        assert_eq!(line, ["level none"], "{group}");
    }
    for (args, code) in [
        (&["prefer", "#ops", "--block"][..], 5),
        (&["prefer", "ann", "--block"], 5),
        (&["prefer", "nobody"], 5),
        (&["prefer", "#dev"], 5),
        (&["prefer", "00ff00ff00ff00ff"], 5),
        (&["prefer"], 2),
        (&["prefer", "bob", "--level", "loud"], 2),
        (&["prefer", "bob", "--block", "--unblock"], 2),
        (&["prefer", "bob", "--archive", "--unarchive"], 2),
    ] {
        assert_eq!(ann.runs(args, &[], "").await.status.code(), Some(code), "{args:?}");
    }
}
