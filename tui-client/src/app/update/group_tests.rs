//! Groups: commands and keys for them, and what comes of it.

use super::*;
use crate::app::fixture::*;
use crate::app::groups::readers_words;
use crate::app::rows::{Mark, Row, message_rows};
use crate::app::{Notice, Overlay, Pane};
use chat_client::{Connection, GroupCommand, Job};
use chat_protocol::{
    AddMembers, ConversationId, CreateGroup, ErrorCode, Join, ListGroups, ListMembers, Marks, MemberChange,
    MemberMarks, PublicGroup, Role, Summary,
};
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

fn key(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    press(model, code, KeyModifiers::NONE)
}

/// What the library is asked for, without what others are told of the user's typing and reading.
fn asked(effects: Vec<Effect>) -> Vec<Command> {
    let command = |effect: Effect| match effect {
        Effect::Ask(Command::Typing { .. } | Command::Read { .. }) => None,
        Effect::Ask(command) => Some(command),
        effect => panic!("{effect:?}"),
    };
    effects.into_iter().filter_map(command).collect()
}

/// Does what the shell does: makes an id for what is to be done with a group.
fn does(model: &mut Model, effects: Vec<Effect>) -> Option<GroupCommand> {
    let mut found = None;
    for effect in effects {
        if let Effect::Group { action, written } = effect {
            let msg = Msg::GroupAsked { client_id: client_id("g"), action, written };
            match asked(update(model, msg)).pop() {
                Some(Command::Group(command)) => found = Some(command),
                other => panic!("{other:?}"),
            }
        }
    }
    found
}

fn types(model: &mut Model, text: &str) -> Option<GroupCommand> {
    let effects = type_text(model, text);
    does(model, effects)
}

fn done(model: &mut Model) -> Vec<Command> {
    asked(hear(model, Event::Done(Job::Group(client_id("g")))))
}

fn refused(model: &mut Model, code: ErrorCode) -> String {
    let message = "why\u{1b}".to_owned();
    hear(model, Event::Refused { job: Job::Group(client_id("g")), code, message });
    error(model)
}

fn error(model: &Model) -> String {
    match &model.notice {
        Some(Notice::Error(text)) => text.clone(),
        notice => panic!("{notice:?}"),
    }
}

fn info(model: &Model) -> &str {
    match &model.notice {
        Some(Notice::Info(text)) => text,
        notice => panic!("{notice:?}"),
    }
}

fn selected(model: &Model) -> Option<ConversationId> {
    model.chats.selected_id()
}

fn first_page(id: u64) -> ListMembers {
    ListMembers { conversation: conversation(id), after: None, limit: Some(200) }
}

fn is_first_page(command: &Command, id: u64) -> bool {
    matches!(command, Command::Members(list) if *list == first_page(id))
}

#[test]
fn a_group_is_made_and_shown() {
    let mut model = busy_alice(WIDE);
    let command = types(&mut model, "/group ops bob eve\n");
    let Some(GroupCommand::Create(CreateGroup { client_id: id, name, public, members, .. })) = command else {
        panic!("{command:?}")
    };
    assert_eq!((id.as_str(), name.as_str(), public), ("g", "ops", false));
    assert_eq!(members, [self::name("bob"), self::name("eve")]);
    let effects = asked(hear(&mut model, Event::Opened(ops(2, 0, 3))));
    assert_eq!(selected(&model), Some(conversation(3)));
    assert!(matches!(effects[0], Command::Load(_)) && is_first_page(&effects[1], 3), "{effects:?}");
    assert!(done(&mut model).is_empty());
    assert_eq!(info(&model), "the group #ops is made; /add USER brings others in");
    assert!(hear(&mut model, Event::Opened(ops(2, 0, 3))).is_empty(), "it was made once");
}

#[test]
fn a_refusal_is_told_in_plain_words_and_what_was_typed_is_not_lost() {
    for (typed, code, words) in [
        ("/group ops bob\n", ErrorCode::LimitReached, "why�"),
        ("/group --public ops\n", ErrorCode::NameTaken, "the name #ops is taken"),
        ("/join #x\n", ErrorCode::UnknownGroup, "there is no public group #x; /groups lists them"),
        ("/join #x\n", ErrorCode::NoChange, "you are in #x already"),
        ("/add bob\n", ErrorCode::NoChange, "bob is in it already"),
        ("/add bob eve\n", ErrorCode::NotAllowed, "only the group's admins may do that"),
        ("/remove zoe\n", ErrorCode::NoChange, "zoe is not in it"),
        ("/rename prod\n", ErrorCode::NotAllowed, "only the group's admins may do that"),
        ("/unadmin bob\n", ErrorCode::NoChange, "bob is no admin"),
        ("/past none\n", ErrorCode::NoChange, "it is so already"),
    ] {
        let mut model = alice_in_ops(WIDE);
        assert!(types(&mut model, typed).is_some(), "{typed:?}");
        assert!(model.composer.is_empty());
        assert_eq!(refused(&mut model, code), words, "{typed:?}");
        assert_eq!(model.composer.text(), typed.trim_end(), "{typed:?}");
    }
    let mut model = alice_in_ops(WIDE);
    types(&mut model, "/leave\n");
    assert!(refused(&mut model, ErrorCode::LastAdmin).contains("/admin USER makes another one"));
    assert!(model.composer.is_empty());
}

#[test]
fn what_is_for_groups_is_refused_elsewhere() {
    let long = format!("/topic {}\n", "x".repeat(513));
    let many = format!("/add{}\n", " bob".repeat(101));
    for (number, typed) in [
        (1, "/leave\n"),
        (1, "/add bob\n"),
        (1, "/members\n"),
        (1, "/topic x\n"),
        (1, "/topic\n"),
        (1, "/readers\n"),
        (1, "/past all\n"),
        (1, "/msg #nosuch hi\n"),
        (3, "/remove alice\n"),
        (3, &long),
        (3, &many),
    ] {
        let mut model = alice_in_ops(WIDE);
        if number == 1 {
            type_text(&mut model, "/msg bob\n");
        }
        assert!(type_text(&mut model, typed).is_empty(), "{typed:?}");
        assert!(!error(&model).is_empty());
        assert_eq!(model.composer.text(), typed.trim_end());
    }
}

#[test]
fn a_public_group_is_joined_and_opened() {
    let mut model = busy_alice(WIDE);
    let command = types(&mut model, "/join #ops\n");
    assert!(matches!(&command, Some(GroupCommand::Join(Join { group, .. })) if group.as_str() == "ops"));
    let group = || Target::Group("ops".parse().unwrap());
    let effects = done(&mut model);
    assert!(matches!(&effects[..], [Command::Open(target)] if *target == group()), "{effects:?}");
    assert_eq!(info(&model), "you are in #ops now");
    let mut summary = ops(2, 0, 3);
    if let chat_protocol::Kind::Group(group) = &mut summary.kind {
        group.public = true;
    }
    hear(&mut model, Event::Opened(summary));
    assert_eq!(selected(&model), Some(conversation(3)));
    type_text(&mut model, "begun");
    press(&mut model, KeyCode::Down, KeyModifiers::ALT);
    assert_ne!(selected(&model), Some(conversation(3)));
    assert_eq!(types(&mut model, "/join ops\n"), None, "one is in it already");
    assert_eq!((selected(&model), model.composer.text().as_str()), (Some(conversation(3)), "begun"));
}

#[test]
fn public_groups_are_listed_page_by_page() {
    let mut model = alice_in_ops(WIDE);
    let effects = asked(type_text(&mut model, "/groups\n"));
    let page =
        |after: Option<&str>| ListGroups { after: after.map(|name| name.parse().unwrap()), limit: Some(100) };
    assert!(matches!(&effects[..], [Command::Groups(list)] if *list == page(None)), "{effects:?}");
    let public = |number: u64, name: &str, joined| PublicGroup {
        conversation: conversation(number),
        name: name.parse().unwrap(),
        topic: String::new(),
        members: 1,
        joined,
    };
    let groups = vec![public(8, "a", false), public(3, "ops", true)];
    hear(&mut model, Event::Groups { groups, more: true });
    let effects = asked(key(&mut model, KeyCode::Down));
    assert!(matches!(&effects[..], [Command::Groups(list)] if *list == page(Some("ops"))), "{effects:?}");
    assert!(key(&mut model, KeyCode::Down).is_empty(), "it is on its way");
    hear(&mut model, Event::Groups { groups: vec![public(9, "z", false)], more: false });
    key(&mut model, KeyCode::Down);
    assert!(key(&mut model, KeyCode::Down).is_empty(), "there are no more");
    let effects = key(&mut model, KeyCode::Enter);
    let command = does(&mut model, effects);
    assert!(matches!(&command, Some(GroupCommand::Join(join)) if join.group.as_str() == "z"), "{command:?}");
    assert!(model.overlay.is_none());
    hear(&mut model, Event::Groups { groups: vec![public(3, "ops", true)], more: false });
    type_text(&mut model, "");
    assert_eq!(does(&mut model, Vec::new()), None);
    key(&mut model, KeyCode::Enter);
    assert!(model.overlay.is_none() && selected(&model) == Some(conversation(3)));
}

#[test]
fn whoever_leaves_sees_another_conversation_and_their_draft_waits() {
    let mut model = alice_in_ops(WIDE);
    assert!(matches!(types(&mut model, "/leave\n"), Some(GroupCommand::Leave(_))));
    done(&mut model);
    assert_eq!(info(&model), "you have left #ops");
    assert!(model.chats.get(conversation(3)).is_none() && !model.timelines.contains_key(&conversation(3)));
    assert!(selected(&model).is_some(), "another one is shown");
    hear(&mut model, Event::Left(conversation(3)));
    assert_eq!(info(&model), "you have left #ops", "it is told once");

    let mut model = alice_in_ops(WIDE);
    type_text(&mut model, "half a sen");
    hear(&mut model, Event::Left(conversation(3)));
    assert_eq!(info(&model), "you are not in #ops any more");
    assert!(matches!(model.overlay, Some(Overlay::Told(_))));
    assert!(type_text(&mut model, "tence\n").is_empty(), "what goes on being typed is sent nowhere");
    assert!(model.overlay.is_none() && model.composer.is_empty());
    assert_eq!(model.all_drafts().get(&conversation(3)).map(String::as_str), Some("half a sen"));
    hear(&mut model, Event::Summary(ops(9, 0, 3)));
    type_text(&mut model, "/msg #ops\n");
    assert_eq!(model.composer.text(), "half a sen");

    let mut narrow = alice_in_ops((40, 10));
    hear(&mut narrow, Event::Left(conversation(3)));
    assert_eq!(narrow.pane, Pane::List);
    let mut elsewhere = alice_in_ops(WIDE);
    type_text(&mut elsewhere, "/msg bob\nhi");
    hear(&mut elsewhere, Event::Left(conversation(3)));
    assert_eq!((selected(&elsewhere), elsewhere.composer.text().as_str()), (Some(conversation(1)), "hi"));
    assert!(elsewhere.overlay.is_none());
}

fn marks_of(model: &mut Model, user: &str, delivered: u64, read: Option<u64>) {
    let marks = Marks { delivered: seq(delivered), read: read.map(seq) };
    hear(model, Event::Marks(MemberMarks { conversation: conversation(3), user: name(user), marks }));
}

/// The mark before a message, by its place in the timeline.
fn mark(model: &Model, index: usize) -> Mark {
    let rows = message_rows(model, index);
    rows.iter().find_map(|row| if let Row::Text { mark, .. } = row { Some(*mark) } else { None }).unwrap()
}

#[test]
fn a_message_is_as_far_as_the_last_of_the_members() {
    let mut model = alice_in_ops(WIDE);
    assert_eq!((mark(&model, 2), mark(&model, 6)), (Mark::Read, Mark::Sent));
    let words = |model: &Model| readers_words(model, &name("alice"), seq(7));
    assert_eq!(words(&model).as_deref(), Some("read by 0 of 2"));
    marks_of(&mut model, "eve", 7, Some(7));
    assert_eq!((mark(&model, 6), words(&model).as_deref()), (Mark::Delivered, Some("read by 1 of 2")));
    marks_of(&mut model, "bob", 7, Some(7));
    assert_eq!((mark(&model, 6), words(&model).as_deref()), (Mark::Read, Some("read by 2 of 2")));
    let newcomer = members_entry(8, "alice", MemberChange::Added, &["dan"]);
    let effects =
        asked(hear(&mut model, Event::Newer { conversation: conversation(3), entries: vec![newcomer] }));
    assert!(matches!(&effects[..], [command] if is_first_page(command, 3)), "{effects:?}");
    let gone = members_entry(9, "bob", MemberChange::Left, &["bob"]);
    hear(&mut model, Event::Newer { conversation: conversation(3), entries: vec![gone] });
    assert_eq!(words(&model).as_deref(), Some("read by 1 of 1"));
}

#[test]
fn members_are_asked_for_when_it_matters() {
    let mut model = alice_in_ops(WIDE);
    let effects = asked(hear(&mut model, Event::Connection(Connection::Live)));
    assert!(
        matches!(&effects[..], [command] if is_first_page(command, 3)),
        "after each connection: {effects:?}"
    );
    hear(&mut model, Event::Summary(Summary { conversation: conversation(4), ..ops(7, 0, 101) }));
    let index = model.chats.iter().position(|chat| chat.id() == conversation(4)).unwrap();
    while model.chats.iter().position(|chat| Some(chat.id()) == model.chats.selected_id()) != Some(index) {
        press(&mut model, KeyCode::Down, KeyModifiers::ALT);
    }
    assert!(model.roster_here().is_none(), "in a large one nobody is told how far others are");
    assert!(type_text(&mut model, "/readers 3\n").is_empty() && error(&model).contains("more than 100"));
    model.composer.clear();
    let effects = asked(type_text(&mut model, "/members\n"));
    assert!(matches!(&effects[..], [command] if is_first_page(command, 4)), "{effects:?}");
    let members = (0..200).map(|number| member(&format!("u{number:03}"), 0, None)).collect();
    hear(&mut model, Event::Members { conversation: conversation(4), members, more: true });
    let mut effects = Vec::new();
    for _ in 0..12 {
        effects.extend(asked(key(&mut model, KeyCode::PageDown)));
    }
    let after = |command: &Command| match command {
        Command::Members(list) => list.after.as_ref().map(ToString::to_string),
        _ => None,
    };
    assert_eq!(effects.iter().map(after).collect::<Vec<_>>(), [Some("u199".to_owned())], "once");
    let (job, message) = (Job::Members(conversation(4)), "lost".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::Unavailable, message });
    assert_eq!(error(&model), "lost");
    assert_eq!(asked(key(&mut model, KeyCode::Down)).len(), 1, "it can be asked for again");
    key(&mut model, KeyCode::Esc);
    assert!(model.overlay.is_none());
}

#[test]
fn admins_delete_what_others_said() {
    let content = |effects: Vec<Effect>| {
        let sent = effects.into_iter().find_map(|effect| match effect {
            Effect::Send { content, .. } => Some(content),
            _ => None,
        });
        sent.unwrap()
    };
    let mut model = alice_in_ops(WIDE);
    assert_eq!(content(type_text(&mut model, "/delete 4\n")), Content::Deletion { seq: seq(4) });
    assert_eq!(content(type_text(&mut model, "/delete\n")), Content::Deletion { seq: seq(7) });
    key(&mut model, KeyCode::Up);
    key(&mut model, KeyCode::Up);
    key(&mut model, KeyCode::Char('d'));
    assert_eq!(content(key(&mut model, KeyCode::Char('y'))), Content::Deletion { seq: seq(6) });
    let mut summary = ops(7, 0, 3);
    if let chat_protocol::Kind::Group(group) = &mut summary.kind {
        group.role = Role::Member;
    }
    hear(&mut model, Event::Summary(summary));
    key(&mut model, KeyCode::Esc);
    assert!(type_text(&mut model, "/delete 4\n").is_empty());
    assert!(error(&model).contains("not yours"));
}

#[test]
fn names_are_completed_from_those_that_fit() {
    for (typed, expected) in [
        ("/remove ", vec!["bob", "eve"]),
        ("/unadmin ", vec![]),
        ("/admin e", vec!["eve"]),
        ("/add ", vec!["carol"]),
        ("/group new bob ", vec!["carol"]),
        ("/msg #", vec!["#ops"]),
    ] {
        let mut model = alice_in_ops(WIDE);
        type_text(&mut model, typed);
        let items = model.composer.completion.iter().flat_map(|completion| &completion.items);
        let shown: Vec<_> = items.map(|(shown, _)| shown.as_str()).collect();
        assert_eq!(shown, expected, "{typed:?}");
    }
    let mut model = alice_in_ops(WIDE);
    let users = vec![name("dan")];
    let command = types(&mut model, "/add dan\n");
    let expected = AddMembers { conversation: conversation(3), client_id: client_id("g"), users };
    assert_eq!(command, Some(GroupCommand::Add(expected)));
}
