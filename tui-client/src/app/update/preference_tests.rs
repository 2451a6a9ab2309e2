//! What the user prefers, whom they have blocked, and what is not there any more.

use super::*;
use crate::app::fixture::*;
use crate::app::{Notice, Overlay};
use chat_client::Job;
use chat_protocol::{ChangeSettings, Entry, ErrorCode, Level, Prefer, Preferences, Seq, Settings};
use crossterm::event::{KeyCode, KeyModifiers};

const WIDE: (u16, u16) = (80, 24);

fn preferred(effects: &[Effect]) -> Prefer {
    match effects {
        [Effect::Ask(Command::Prefer(prefer))] => prefer.clone(),
        effects => panic!("{effects:?}"),
    }
}

fn prefers(model: &mut Model, number: u64, preferences: Preferences) {
    let mut summary = model.chats.get(conversation(number)).unwrap().summary.clone();
    summary.preferences = preferences;
    hear(model, Event::Summary(summary));
}

fn error(model: &Model) -> &str {
    match &model.notice {
        Some(Notice::Error(text)) => text,
        notice => panic!("{notice:?}"),
    }
}

fn info(model: &Model) -> &str {
    match &model.notice {
        Some(Notice::Info(text)) => text,
        notice => panic!("{notice:?}"),
    }
}

#[test]
fn what_one_prefers_is_asked_for_and_told_when_it_is_done() {
    let bob = || Target::Conversation(conversation(1));
    let none = || Prefer { target: bob(), level: None, archived: None, blocked: None };
    for (typed, expected, told) in [
        ("/mute\n", Prefer { level: Some(Level::Mentions), ..none() }, "only when you are mentioned"),
        ("/mute none\n", Prefer { level: Some(Level::None), ..none() }, "it never calls you"),
        ("/unmute\n", Prefer { level: Some(Level::All), ..none() }, "for each message"),
        ("/archive\n", Prefer { archived: Some(true), ..none() }, "is put away"),
        ("/unarchive\n", Prefer { archived: Some(false), ..none() }, "is back in the list"),
        ("/block\n", Prefer { blocked: Some(true), ..none() }, "bob is blocked"),
        ("/unblock\n", Prefer { blocked: Some(false), ..none() }, "not blocked any more"),
    ] {
        let mut model = busy_alice(WIDE);
        assert_eq!(preferred(&type_text(&mut model, typed)), expected, "{typed:?}");
        hear(&mut model, Event::Done(Job::Prefer(Target::To(name("carol")))));
        assert!(model.notice.is_none(), "that is about something else");
        hear(&mut model, Event::Done(Job::Prefer(bob())));
        assert!(info(&model).contains(told), "{typed:?}: {:?}", model.notice);
    }
    let mut model = busy_alice(WIDE);
    let zoe = Target::To(name("zoe"));
    let prefer = preferred(&type_text(&mut model, "/block zoe\n"));
    assert_eq!(prefer, Prefer { target: zoe.clone(), blocked: Some(true), ..none() });
    let (job, message) = (Job::Prefer(zoe), "nobody is called zoe".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::UnknownUser, message });
    assert_eq!(error(&model), "nobody is called zoe");
    assert!(model.preferring.is_empty());
    type_text(&mut model, "/block alice\n");
    assert!(error(&model).contains("that is you"));
    let mut model = alice_in_ops(WIDE);
    type_text(&mut model, "/block\n");
    assert!(error(&model).contains("and no group"));
}

#[test]
fn nothing_is_said_to_whom_one_has_blocked() {
    let mut model = busy_alice(WIDE);
    prefers(&mut model, 1, Preferences { blocked: true, ..Preferences::default() });
    for typed in [
        "hello\n",
        "/edit hi there\n",
        "/react :tada:\n",
        "/reply 1 yes\n",
        "/send /tmp/x\n",
        "/msg bob hi\n",
    ] {
        model.composer.clear();
        let effects = type_text(&mut model, typed);
        let sends = |effect: &Effect| matches!(effect, Effect::Send { .. } | Effect::Upload(_));
        assert!(!effects.iter().any(sends), "{typed:?}: {effects:?}");
        assert!(error(&model).contains("you have blocked bob"), "{typed:?}");
    }
    model.composer.clear();
    type_text(&mut model, "half a thought\n");
    assert_eq!(model.composer.text(), "half a thought", "it is not lost");
    model.composer.clear();
    let effects = type_text(&mut model, "/delete 2\n");
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Send { .. })),
        "one's own can be taken back"
    );
    let effects = type_text(&mut model, "/msg carol hi\n");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Send { .. })));
}

#[test]
fn nothing_is_said_to_whoever_has_gone() {
    let mut model = busy_alice(WIDE);
    hear(&mut model, Event::Gone { user: name("bob"), now: name("deleted-1") });
    for typed in ["hello\n", "/edit hi there\n", "/react 2 :tada:\n", "/reply 2 yes\n", "/send /tmp/x\n"] {
        model.composer.clear();
        let effects = type_text(&mut model, typed);
        let sends = |effect: &Effect| matches!(effect, Effect::Send { .. } | Effect::Upload(_));
        assert!(!effects.iter().any(sends), "{typed:?}: {effects:?}");
        assert!(error(&model).contains("this account is deleted"), "{typed:?}");
    }
    assert_eq!(model.composer.text(), "/send /tmp/x", "it is not lost");
    model.composer.clear();
    let effects = type_text(&mut model, "/delete 2\n");
    let taken_back = effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
    assert!(taken_back, "one's own can be taken back");
}

#[test]
fn whom_one_has_blocked_is_listed() {
    let mut model = busy_alice(WIDE);
    let effects = type_text(&mut model, "/blocked\n");
    assert!(matches!(&effects[..], [Effect::Ask(Command::Blocked)]));
    hear(&mut model, Event::Blocked(Vec::new()));
    assert_eq!(info(&model), "you have blocked nobody");
    hear(&mut model, Event::Blocked(vec![name("bob"), name("eve")]));
    assert!(matches!(&model.overlay, Some(Overlay::Blocked(users, 0)) if users.len() == 2));
    (0..5).for_each(|_| drop(press(&mut model, KeyCode::Down, KeyModifiers::NONE)));
    assert!(matches!(&model.overlay, Some(Overlay::Blocked(_, 1))));
    press(&mut model, KeyCode::Char('x'), KeyModifiers::NONE);
    assert!(model.overlay.is_none());
}

/// A mention that is not read keeps a muted one in the list.
#[test]
fn what_is_not_put_away_yet_is_said_so() {
    let mut model = busy_alice(WIDE);
    update(&mut model, Msg::Focus(false));
    type_text(&mut model, "/archive\n");
    let mut named = summary(1, "bob", 4, 1);
    named.mentions = 1;
    named.preferences = Preferences { level: Level::Mentions, archived: seq(4), blocked: false };
    hear(&mut model, Event::Summary(named));
    hear(&mut model, Event::Done(Job::Prefer(Target::Conversation(conversation(1)))));
    assert_eq!(info(&model), "bob stays in the list until you have read what mentions you");
}

/// What is muted calls nobody but by a mention, and what is put away is passed over.
#[test]
fn what_is_muted_or_put_away_stays_out_of_the_way() {
    let mut model = busy_alice(WIDE);
    assert_eq!(model.chats.unread_elsewhere(), (1, 0));
    let muted = Preferences { level: Level::Mentions, ..Preferences::default() };
    prefers(&mut model, 2, muted);
    assert_eq!(model.chats.unread_elsewhere(), (0, 0));
    let mut named = summary(2, "carol", 4, 3);
    (named.mentions, named.preferences) = (2, muted);
    hear(&mut model, Event::Summary(named));
    assert_eq!(model.chats.unread_elsewhere(), (2, 2));
    prefers(&mut model, 2, Preferences { level: Level::None, ..Preferences::default() });
    assert_eq!(model.chats.unread_elsewhere(), (0, 0));
    hear(&mut model, Event::Summary(summary(3, "dave", 9, 0)));
    prefers(&mut model, 2, Preferences { archived: seq(4), ..Preferences::default() });
    let next = |model: &mut Model| {
        press(model, KeyCode::Down, KeyModifiers::ALT);
        model.chats.selected().unwrap().title(&model.me)
    };
    assert_eq!([next(&mut model), next(&mut model)], ["dave", "bob"]);
    press(&mut model, KeyCode::Char('a'), KeyModifiers::ALT);
    assert_eq!([next(&mut model), next(&mut model), next(&mut model)], ["carol", "dave", "bob"]);
    type_text(&mut model, "/archived\n");
    assert!(!model.chats.shows_archive);
    type_text(&mut model, "/msg carol\n");
    assert_eq!(model.chats.selected_id(), Some(conversation(2)), "by its name it is found all the same");
    hear(
        &mut model,
        Event::Summary({
            let mut newer = summary(2, "carol", 5, 1);
            newer.preferences.archived = seq(4);
            newer
        }),
    );
    assert!(!model.chats.get(conversation(2)).unwrap().is_archived(), "what is new brings it back");
}

#[test]
fn a_group_says_how_long_it_keeps_what_is_said() {
    let mut model = alice_in_ops(WIDE);
    type_text(&mut model, "/retention\n");
    assert_eq!(info(&model), "what is said here is kept");
    let effects = type_text(&mut model, "/retention 30d\n");
    let [Effect::Group { action, .. }] = &effects[..] else { panic!("{effects:?}") };
    let change = action.command(client_id("x"));
    assert!(matches!(change, chat_client::GroupCommand::Change(change) if change.retention_days == Some(30)));
    assert_eq!(action.done().as_deref(), Some("what is said here is removed after 30 days"));
    model.retention_days = Some(90);
    type_text(&mut model, "/retention\n");
    assert_eq!(info(&model), "what is said here is removed after 90 days");
    let mut group = ops(7, 0, 3);
    if let chat_protocol::Kind::Group(group) = &mut group.kind {
        group.retention_days = Some(1);
    }
    hear(&mut model, Event::Summary(group));
    type_text(&mut model, "/retention\n");
    assert_eq!(info(&model), "what is said here is removed after a day", "the shorter one holds");
    type_text(&mut model, "/msg bob\n/retention 30d\n");
    assert!(error(&model).contains("that is for groups"));
}

#[test]
fn what_is_gone_is_forgotten_with_its_quotes() {
    let mut model = busy_alice(WIDE);
    newer(&mut model, vec![reply(5, "bob", 1, "bob", "good morning", "as I said")]);
    type_text(&mut model, "/reply 2\n");
    hear(&mut model, Event::Begins { conversation: conversation(1), first: seq(3) });
    let timeline = model.selected_timeline().unwrap();
    let numbers: Vec<_> = timeline.entries().iter().map(|entry| entry.seq.get()).collect();
    assert_eq!(numbers, [3, 4, 5]);
    assert!(timeline.is_at_start());
    let quote = timeline.message(seq(5)).unwrap().1.reply_to.clone().unwrap();
    assert!(quote.deleted && quote.text.is_empty());
    assert_eq!(model.composer.purpose, crate::app::Purpose::Say);
    newer(&mut model, vec![entry(1, 6, "bob", "and on it goes")]);
    hear(&mut model, Event::Begins { conversation: conversation(1), first: seq(7) });
    assert!(model.selected_timeline().unwrap().entries().is_empty());
    newer(&mut model, vec![entry(1, 7, "bob", "a new beginning")]);
    assert_eq!(model.selected_timeline().unwrap().entries().len(), 1);
    hear(&mut model, Event::Begins { conversation: conversation(8), first: seq(7) });
}

#[test]
fn a_quote_of_what_is_gone_goes_also_where_its_origin_was_never_loaded() {
    let mut model = busy_alice(WIDE);
    let entries = vec![reply(150, "bob", 50, "alice", "the plan", "agreed")];
    hear(&mut model, Event::Newest { conversation: conversation(1), entries, at_start: false });
    hear(&mut model, Event::Begins { conversation: conversation(1), first: seq(100) });
    let message = model.selected_timeline().unwrap().message(seq(150)).unwrap().1;
    let quote = message.reply_to.clone().unwrap();
    assert!(quote.deleted && quote.text.is_empty() && message.text == "agreed");
}

#[test]
fn what_somebody_said_before_does_not_stay_on_the_screen_when_they_are_erased() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/versions 1\n");
    let versions = vec![chat_protocol::Version { seq: seq(1), at: MORNING, text: "secret".to_owned() }];
    hear(&mut model, Event::Versions { conversation: conversation(1), seq: seq(1), versions, more: false });
    assert!(matches!(model.overlay, Some(Overlay::Versions(_))));
    hear(&mut model, Event::Gone { user: name("bob"), now: name("gone-1") });
    assert!(model.overlay.is_none());
}

#[test]
fn what_has_failed_for_somebody_is_not_shown_with_whoever_has_their_name_next() {
    let mut model = busy_alice(WIDE);
    hear(&mut model, Event::Outbox(outgoing("lost", "bob", "hello", Some("no"))));
    hear(&mut model, Event::Gone { user: name("bob"), now: name("deleted-1") });
    assert_eq!(model.outgoing[0].target, chat_protocol::Target::To(name("deleted-1")));
}

#[test]
fn an_answer_that_was_put_aside_is_one_no_more_when_its_origin_is_erased() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/reply 1\n");
    model.aside.insert(conversation(2), (model.composer.purpose.clone(), String::new()));
    hear(&mut model, Event::Gone { user: name("bob"), now: name("gone-1") });
    assert!(model.aside.is_empty());
}

#[test]
fn nothing_is_left_of_whoever_is_erased() {
    let mut model = alice_in_ops(WIDE);
    let quoted = Entry { conversation: conversation(3), ..reply(8, "eve", 4, "bob", "hi", "what?") };
    hear(&mut model, Event::Newer { conversation: conversation(3), entries: vec![quoted] });
    type_text(&mut model, "/search hi\n");
    let hits = vec![entry(3, 4, "bob", "hi")];
    hear(&mut model, Event::Found { query: "hi".to_owned(), cursor: None, hits, next: None });
    let typing = Event::Typing { conversation: conversation(3), user: name("bob"), typing: true };
    hear(&mut model, typing);
    hear(&mut model, Event::Gone { user: name("bob"), now: name("gone-1") });
    assert!(model.search.hits().is_empty() && !model.typing.is_in(conversation(3)));
    let shown = |number: u64| {
        let (entry, message) = model.selected_timeline().unwrap().message(seq(number)).unwrap();
        (entry.from.to_string(), message.text.clone(), message.deleted_at.is_some())
    };
    assert_eq!(shown(4), ("gone-1".to_owned(), String::new(), true));
    assert_eq!(shown(3), ("alice".to_owned(), "hello all".to_owned(), false));
    let quote = model.selected_timeline().unwrap().message(seq(8)).unwrap().1.reply_to.clone().unwrap();
    assert!(quote.deleted && quote.from == name("gone-1"));
    assert!(model.roster_here().unwrap().get(&name("bob")).is_none());
    let titles: Vec<_> = model.chats.iter().map(|chat| chat.title(&model.me)).collect();
    assert!(titles.contains(&"gone-1".to_owned()) && !titles.contains(&"bob".to_owned()), "{titles:?}");
}

#[test]
fn one_is_erased_only_with_name_and_password() {
    let mut model = busy_alice(WIDE);
    type_text(&mut model, "/delete-account\n");
    assert!(type_text(&mut model, "bob\n").is_empty());
    assert!(error(&model).contains("type your own name, alice"));
    (0..3).for_each(|_| drop(press(&mut model, KeyCode::Backspace, KeyModifiers::NONE)));
    assert!(type_text(&mut model, "alice\n\n").is_empty(), "the password is missing");
    assert!(!format!("{:?}", model.overlay).contains("secret"));
    let effects = type_text(&mut model, "secret99\n");
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::DeleteAccount(password))] if password.expose() == "secret99")
    );
    let (job, message) = (Job::DeleteAccount, "no".to_owned());
    hear(&mut model, Event::Refused { job, code: ErrorCode::BadCredentials, message });
    assert!(error(&model).contains("not your password"));
    type_text(&mut model, "begun");
    model.drafts.insert(conversation(2), "more".to_owned());
    let effects = hear(&mut model, Event::Done(Job::DeleteAccount));
    assert!(matches!(&effects[..], [Effect::Erased, ..]), "{effects:?}");
    assert!(model.all_drafts().is_empty(), "what was begun is gone as well");
    type_text(&mut model, "/delete-account\n");
    press(&mut model, KeyCode::Esc, KeyModifiers::NONE);
    assert!(model.overlay.is_none());
}

/// A mention of the user in the past counts until it is read.
#[test]
fn what_is_read_mentions_nobody_any_more() {
    let mut model = busy_alice(WIDE);
    let mut named = summary(2, "carol", 4, 3);
    named.mentions = 2;
    hear(&mut model, Event::Summary(named));
    assert_eq!(model.chats.unread_elsewhere(), (3, 2));
    model.chats.mark_read(conversation(2), Seq::new(4).unwrap());
    assert_eq!(model.chats.unread_elsewhere(), (0, 0));
}

#[test]
fn read_receipts_are_switched() {
    let mut model = busy_alice(WIDE);
    let effects = type_text(&mut model, "/receipts off\n");
    let off = ChangeSettings { read_receipts: Some(false) };
    assert!(matches!(&effects[..], [Effect::Ask(Command::Settings(change))] if *change == off));
    hear(&mut model, Event::Settings(Settings { read_receipts: false }));
    assert!(matches!(&model.notice, Some(Notice::Info(text)) if text.contains("off")));
    let effects = type_text(&mut model, "/receipts\n");
    assert!(
        matches!(&effects[..], [Effect::Ask(Command::Settings(change))] if *change == ChangeSettings::default())
    );
}

#[test]
fn whoever_has_the_name_of_one_who_went_unseen_is_somebody_else() {
    let mut model = busy_alice(WIDE);
    let said = |id: u64| Entry { conversation: conversation(id), ..entry(id, 4, "bob", "hi") };
    hear(&mut model, Event::Summary(summary(7, "bob", 0, 0)));
    let hits = vec![said(1), said(7)];
    type_text(&mut model, "/search hi\n");
    hear(&mut model, Event::Found { query: "hi".to_owned(), cursor: None, hits, next: None });
    let (user, now) = (name("bob"), name("deleted-1"));
    hear(&mut model, Event::PeerGone { conversation: conversation(1), user, now });
    assert_eq!(model.search.hits(), [said(7)]);
    assert_eq!(model.selected_timeline().unwrap().message(seq(1)).unwrap().0.from, name("deleted-1"));
    assert_eq!(model.chats.get(conversation(7)).unwrap().title(&model.me), "bob");
}
