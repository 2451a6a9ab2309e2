//! Scripts for groups: which one a name means, what is done once, and how `recv` comes in and gets out.

use super::*;
use chat_client::GroupCommand;
use chat_protocol::{
    ClientId, GroupChange, GroupName, Kind, Marks, Member, MemberChange, Past, PublicGroup, Role, Summary,
};

fn group_name(text: &str) -> GroupName {
    text.parse().unwrap()
}

/// A group that alice is in, whose log ends at `head`.
fn group(number: u64, name: &str, head: u64, unread: u32) -> Summary {
    let (name, topic, public, past) = (group_name(name), String::new(), false, Past::All);
    let kind = Kind::Group(chat_protocol::Group {
        name,
        topic,
        public,
        past,
        members: 3,
        role: Role::Member,
        retention_days: None,
    });
    Summary { kind, ..summary(number, "bob", head, unread) }
}

fn live(stage: &mut Stage, groups: &[Summary]) -> Vec<Msg> {
    let mut asked = stage.hears(welcome());
    for group in groups {
        asked.extend(stage.hears(Event::Summary(group.clone())));
    }
    asked.extend(stage.hears(Event::Synced));
    asked.extend(stage.hears(Event::Connection(Connection::Live)));
    asked
}

fn to_ops(script: Script) -> Stage {
    Stage::new(Script::ToGroup(ToGroup::new(group_name("ops"), script)))
}

fn send_to_ops() -> Stage {
    let target = Target::Group(group_name("ops"));
    to_ops(Script::Send(Send::new(target, vec!["hi".to_owned()], None, None, false, PATIENCE)))
}

#[test]
fn a_name_means_the_one_group_that_has_it() {
    let mut stage = send_to_ops();
    let asked = live(&mut stage, &[summary(1, "ops", 4, 0), group(2, "ops", 3, 0), group(3, "dev", 3, 0)]);
    let [Msg::Say { target, .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(*target, Target::Conversation(conversation(2)));
    let state = OutgoingState::Sent { conversation: conversation(2), seq: seq(4), at: MORNING };
    stage.hears(Event::Outbox(Outgoing { state, ..outgoing("x", "bob", "hi", None) }));
    assert_eq!(stage.ended, Some(Ok(())));
}

#[test]
fn of_two_groups_with_one_name_neither_is_meant_and_without_one_there_is_nothing() {
    for groups in [vec![], vec![group(2, "dev", 3, 0)], vec![group(2, "ops", 3, 0), group(3, "ops", 3, 0)]] {
        let mut stage = send_to_ops();
        assert!(live(&mut stage, &groups).is_empty(), "{groups:?}");
        assert_eq!(stage.ended, Some(Err(exit::REFUSED)), "{groups:?}");
    }
    let mut stage = recv(Some("#ops"), None);
    stage.hears(Event::Summary(group(2, "ops", 3, 1)));
    stage.hears(Event::Summary(group(3, "ops", 3, 1)));
    stage.hears(Event::Synced);
    assert_eq!((stage.printed.len(), stage.ended), (0, Some(Err(exit::REFUSED))));
    let mut model = alice(Surface::Script, (80, 24));
    for group in [group(2, "ops", 3, 0), group(3, "ops", 3, 0)] {
        update(&mut model, Msg::Heard(Event::Summary(group)));
    }
    let said = peer::find_group(&model, &group_name("ops")).unwrap_err().message;
    assert!(said.contains(&format!("{}, {}", conversation(2), conversation(3))), "{said}");
}

#[test]
fn each_script_goes_to_the_group_that_was_found() {
    let target = || Target::Group(group_name("ops"));
    let content = Content::Deletion { seq: seq(1) };
    let history =
        History { target: target(), limit: 1, before: None, json: true, timeout: PATIENCE, entries: vec![] };
    for script in [
        Script::Change(Change::new(target(), client_id("c"), content, false, PATIENCE)),
        Script::History(history),
        Script::Versions(Versions::new(target(), seq(1), false, PATIENCE)),
        Script::Save(Save::new(peer("#ops"), None, "x".into(), false, PATIENCE)),
        Script::Files(Files::new(peer("#ops"), 1, false, PATIENCE)),
    ] {
        let mut stage = to_ops(script);
        let asked = live(&mut stage, &[group(2, "ops", 3, 0)]);
        let is_there = matches!(&asked[..], [Msg::Ask(Command::Open(target))] if *target == Target::Conversation(conversation(2)));
        assert!(is_there, "{asked:?}");
    }
}

#[test]
fn in_a_group_everybodys_files_are_meant() {
    let mut stage = to_ops(Script::Files(Files::new(peer("#ops"), 9, false, PATIENCE)));
    live(&mut stage, &[group(1, "ops", 3, 0)]);
    stage.hears(Event::Opened(group(1, "ops", 3, 0)));
    let files = [with_file(2, "bob", "", "b.png"), with_file(3, "alice", "", "a.png")];
    let older = Event::Older { conversation: conversation(1), entries: files.to_vec(), at_start: true };
    stage.hears(older);
    assert_eq!((stage.printed.len(), stage.ended), (2, Some(Ok(()))));
}

fn act(act: Act, json: bool) -> Stage {
    Stage::new(Script::Group(Group::new(act, client_id("g"), Some(conversation(2)), json, PATIENCE)))
}

fn refused(code: ErrorCode) -> Event {
    Event::Refused { job: Job::Group(client_id("g")), code, message: "no".to_owned() }
}

#[test]
fn what_is_done_with_a_group_is_asked_under_one_id_until_there_is_an_answer() {
    let mut stage = act(Act::Topic("what runs".to_owned()), true);
    for _ in 0..2 {
        let asked = live(&mut stage, &[]);
        let [Msg::Ask(Command::Group(GroupCommand::Change(change)))] = &asked[..] else {
            panic!("{asked:?}")
        };
        assert_eq!((&change.client_id, change.conversation), (&client_id("g"), conversation(2)));
        assert_eq!((change.topic.as_deref(), &change.name, change.past), (Some("what runs"), &None, None));
        stage.hears(refused(ErrorCode::Unavailable));
        assert_eq!(stage.ended, None, "the connection was lost");
    }
    let unknown = stage.script.handle_timeout(&stage.model, true).unwrap_err();
    assert!(unknown.code == exit::TIMEOUT && unknown.message.contains("--id g"), "{}", unknown.message);
    let changed = |id: ClientId| Event::GroupChanged {
        client_id: id,
        conversation: conversation(2),
        seq: seq(9),
        at: MORNING,
    };
    stage.hears(changed(client_id("other")));
    assert_eq!(stage.ended, None);
    stage.hears(changed(client_id("g")));
    let line = format!(r#"{{"conversation":"{}","seq":9,"at":{MORNING},"client_id":"g"}}"#, conversation(2));
    assert_eq!((stage.printed, stage.ended), (vec![line], Some(Ok(()))));
}

#[test]
fn what_is_so_already_is_done_and_what_is_refused_is_not() {
    for (wanted, code, ended) in [
        (Act::Add(vec![name("bob")]), ErrorCode::NoChange, Ok(())),
        (Act::Join(group_name("ops")), ErrorCode::NoChange, Ok(())),
        (Act::Leave, ErrorCode::UnknownConversation, Ok(())),
        (Act::Leave, ErrorCode::LastAdmin, Err(exit::REFUSED)),
        (Act::Join(group_name("ops")), ErrorCode::UnknownGroup, Err(exit::REFUSED)),
        (Act::Remove(name("bob")), ErrorCode::NotAllowed, Err(exit::REFUSED)),
        (Act::Rename(group_name("dev")), ErrorCode::NameTaken, Err(exit::REFUSED)),
        (Act::Past(Past::None), ErrorCode::UnknownConversation, Err(exit::REFUSED)),
        (Act::Retention(90), ErrorCode::NotAllowed, Err(exit::REFUSED)),
        (Act::SetRole(name("bob"), Role::Admin), ErrorCode::LimitReached, Err(exit::REFUSED)),
    ] {
        let mut stage = act(wanted.clone(), false);
        assert_eq!(live(&mut stage, &[]).len(), 1);
        stage.hears(refused(code));
        let said: &[&str] = if ended.is_ok() { &["it is so already"] } else { &[] };
        assert_eq!(
            (&stage.printed[..], stage.ended),
            (&said.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()[..], Some(ended)),
            "{wanted:?}"
        );
    }
    let mut gone = to_ops(Script::Group(Group::new(Act::Leave, client_id("g"), None, true, PATIENCE)));
    assert!(live(&mut gone, &[]).is_empty());
    assert_eq!((gone.printed, gone.ended), (vec![r#"{"no_change":true}"#.to_owned()], Some(Ok(()))));
}

#[test]
fn a_new_group_is_printed_by_its_id() {
    let (name, topic, public, past) = (group_name("ops"), String::new(), true, Past::None);
    let create = Act::Create { name, topic, public, past, members: vec![super::name("bob")] };
    for json in [false, true] {
        let mut stage =
            Stage::new(Script::Group(Group::new(create.clone(), client_id("g"), None, json, PATIENCE)));
        let asked = live(&mut stage, &[]);
        assert!(matches!(&asked[..], [Msg::Ask(Command::Group(GroupCommand::Create(_)))]), "{asked:?}");
        stage.hears(Event::Opened(group(2, "ops", 2, 0)));
        let id = conversation(2).to_string();
        assert!(stage.printed[0] == id || (json && stage.printed[0].contains(&id)), "{:?}", stage.printed);
        assert_eq!(stage.ended, Some(Ok(())));
    }
}

#[test]
fn lists_are_read_page_by_page() {
    let public = |name: &str, members, joined| PublicGroup {
        conversation: conversation(2),
        name: group_name(name),
        topic: if joined { "what\u{1b}[2J runs".to_owned() } else { String::new() },
        members,
        joined,
    };
    let mut stage =
        Stage::new(Script::PublicGroups(PublicGroups { json: false, timeout: PATIENCE, found: vec![] }));
    assert_eq!(live(&mut stage, &[]).len(), 1);
    let asked = stage.hears(Event::Groups { groups: vec![public("dev", 1, false)], more: true });
    assert!(matches!(&asked[..], [Msg::Ask(Command::Groups(list))] if list.after == Some(group_name("dev"))));
    stage.hears(Event::Groups { groups: vec![public("ops", 2, true)], more: false });
    let expected = ["#dev, 1 member", "#ops, 2 members, joined: what\u{fffd}[2J runs"];
    assert_eq!((&stage.printed[..], stage.ended), (&expected.map(str::to_owned)[..], Some(Ok(()))));
    let marks = Marks { delivered: seq(1), read: None };
    let member = |user: &str, role, online| Member { user: name(user), role, online, marks };
    let members = Members { conversation: None, json: false, timeout: PATIENCE, found: vec![] };
    let mut stage = to_ops(Script::Members(members));
    assert_eq!(live(&mut stage, &[group(2, "ops", 2, 0)]).len(), 1);
    let told = |members, more| Event::Members { conversation: conversation(2), members, more };
    let asked = stage.hears(told(vec![member("alice", Role::Admin, true)], true));
    assert!(matches!(&asked[..], [Msg::Ask(Command::Members(list))] if list.after == Some(name("alice"))));
    stage.hears(told(vec![member("bob", Role::Member, false)], false));
    let expected = ["alice, admin, online", "bob"];
    assert_eq!((&stage.printed[..], stage.ended), (&expected.map(str::to_owned)[..], Some(Ok(()))));
}

fn follow(from: Option<&str>) -> Stage {
    Stage::new(Script::Recv(Recv::new(from.map(peer), None, None, true, true)))
}

#[test]
fn a_group_that_one_is_added_to_is_followed() {
    for from in [None, Some("#ops")] {
        let mut stage = follow(from);
        live(&mut stage, &[summary(1, "bob", 4, 0)]);
        let asked = stage.hears(Event::Summary(group(2, "ops", 2, 0)));
        let follows = |msg: &Msg| matches!(msg, Msg::Ask(Command::Follow { conversation: id, .. }) if *id == conversation(2));
        assert!(asked.iter().any(follows), "{from:?}: {asked:?}");
        let asked = stage.hears(Event::Summary(group(3, "ops", 2, 0)));
        assert_eq!(
            asked.len(),
            usize::from(from.is_none()),
            "another one of this name is not the one that is meant"
        );
        stage.hears_entries(2, &[(3, "bob", "hi")]);
        assert_eq!((&stage.printed[..], stage.ended), (&["hi".to_owned()][..], None));
    }
}

#[test]
fn whoever_is_put_out_of_one_group_goes_on_with_the_others() {
    let mut stage = follow(None);
    live(&mut stage, &[group(2, "ops", 2, 0), group(3, "dev", 2, 0)]);
    stage.hears_entries(2, &[(3, "bob", "about you")]);
    stage.hears(Event::Left(conversation(2)));
    assert_eq!(stage.ended, None);
    stage.hears_entries(3, &[(3, "bob", "go on")]);
    assert_eq!(stage.printed, ["about you", "go on"]);
    let asked = stage.hears(Event::Summary(group(2, "ops", 5, 0)));
    assert_eq!(asked.len(), 1, "and whoever is brought back is told again");
}

#[test]
fn whoever_is_put_out_of_the_group_that_was_asked_for_ends() {
    for (count, ended) in [(None, Err(exit::REFUSED)), (Some(1), Ok(())), (Some(2), Err(exit::REFUSED))] {
        let from = Some(peer("#ops"));
        let mut stage = Stage::new(Script::Recv(Recv::new(from, count, None, count.is_none(), false)));
        live(&mut stage, &[group(2, "ops", 2, 0), group(3, "dev", 2, 0)]);
        stage.hears_entries(2, &[(3, "bob", "about you")]);
        stage.hears(Event::Left(conversation(3)));
        assert_eq!(stage.ended, None, "the server does not know yet that it is read");
        stage.hears(Event::Left(conversation(2)));
        assert_eq!((stage.printed.len(), stage.ended), (1, Some(ended)), "{count:?}");
    }
}

/// The unread part of a group that is left before all of it came must not hold up the rest.
#[test]
fn what_is_left_is_not_waited_for() {
    let mut stage = recv(None, None);
    live(&mut stage, &[group(2, "ops", 4, 2), group(3, "dev", 3, 1)]);
    stage.hears_entries(3, &[(3, "bob", "hi")]);
    stage.hears_entries(2, &[(3, "bob", "half")]);
    assert!(stage.printed.is_empty());
    stage.hears(Event::Left(conversation(2)));
    assert_eq!(stage.printed.len(), 2);
    stage.is_confirmed(3, 3);
    assert_eq!(stage.ended, Some(Ok(())));
}

#[test]
fn what_becomes_of_a_group_is_printed_to_whoever_asks_for_changes() {
    let renamed = Body::Group(GroupChange { name: Some(group_name("dev")), ..GroupChange::default() });
    let added = Body::Members { change: MemberChange::Added, users: vec![name("eve")] };
    for (changes, count) in [(true, 2), (false, 0)] {
        let mut stage = Stage::new(Script::Recv(Recv::new(None, None, None, true, changes)));
        live(&mut stage, &[group(1, "ops", 2, 0)]);
        let entries = [(3, "bob", &renamed), (4, "bob", &added), (5, "alice", &added)];
        let entries = entries.map(|(at, from, body)| Entry { body: body.clone(), ..entry(1, at, from, "") });
        stage.hears(Event::Newer { conversation: conversation(1), entries: entries.to_vec() });
        assert_eq!(stage.printed.len(), count, "{changes}");
    }
}
