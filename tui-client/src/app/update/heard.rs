//! What the library tells.

use super::{Effect, change, compose, gone, group, group_lists, pages, pick, preferences, search, select};
use crate::app::versions::VersionList;
use crate::app::{Model, Notice, Opening, Overlay, Surface, changes};
use chat_client::{Command, Connection, Event, Job, Outgoing, OutgoingState, SafeText};
use chat_protocol::{ClientId, ConversationId, Entry, ErrorCode, Summary, Target, Welcome};

pub fn handle_event(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Connection(connection) => return handle_connection(model, connection),
        Event::Welcome(welcome) => return handle_welcome(model, welcome),
        Event::Summary(summary) => {
            let unread = model.chats.unread_elsewhere();
            // Of what is not loaded nothing else is told.
            summary.last.iter().for_each(|last| model.search.hear(last));
            model.chats.put(summary);
            if model.chats.unread_elsewhere() > unread {
                // The line that a notice takes is where this is told.
                model.notice = None;
            }
            return select_something(model);
        }
        Event::Synced => return handle_synced(model),
        Event::Opened(summary) => return handle_opened(model, summary),
        Event::Newest { conversation, entries, at_start } => {
            if let Some(timeline) = model.timelines.get_mut(&conversation) {
                timeline.replace(entries, at_start);
                return handle_loaded(model, conversation);
            }
        }
        Event::Newer { conversation, entries } => return handle_newer(model, conversation, entries),
        Event::Older { conversation, entries, at_start } => {
            if let Some(timeline) = model.timelines.get_mut(&conversation) {
                timeline.take_older(entries, at_start);
                return handle_loaded(model, conversation);
            }
        }
        Event::Page { conversation, entries, head: _ } => {
            if let Some(timeline) = model.timelines.get_mut(&conversation) {
                timeline.take_later(entries);
                return handle_loaded(model, conversation);
            }
        }
        Event::Outbox(outgoing) => return handle_outgoing(model, outgoing),
        Event::Presence(peer) => {
            model.chats.update_peer(&peer);
            model.groups.rosters.values_mut().for_each(|roster| roster.take_presence(&peer));
        }
        Event::Typing { conversation, user, typing } => model.typing.hear(conversation, user, typing),
        Event::Devices(devices) => {
            model.devices = devices;
            model.overlay = Some(Overlay::Devices);
        }
        Event::Versions { conversation, seq, versions, more } => {
            handle_versions(model, conversation, VersionList { seq, versions, has_more: more, down: 0 });
        }
        Event::Settings(settings) => change::handle_settings(model, settings),
        Event::Found { query, cursor, hits, next } => {
            return search::handle_found(model, &query, cursor.as_deref(), hits, next);
        }
        // Scripts ask for themselves.
        Event::GroupChanged { .. } => {}
        // The summary that comes with it has all of it.
        Event::Preferences { .. } => {}
        Event::Blocked(users) => preferences::show_blocked(model, users),
        Event::Begins { conversation, first } => return gone::handle_begins(model, conversation, first),
        Event::Gone { user, now } => gone::handle_gone(model, &user, &now),
        Event::PeerGone { conversation, user, now } => {
            gone::handle_peer_gone(model, conversation, &user, &now);
        }
        Event::Groups { groups, more } => group_lists::handle_groups(model, groups, more),
        Event::Members { conversation, members, more } => {
            return group_lists::handle_members(model, conversation, members, more);
        }
        Event::Marks(moved) => group_lists::handle_marks(model, &moved),
        Event::Left(id) => return group::handle_left(model, id),
        Event::Done(job) => return handle_done(model, &job),
        Event::Refused { job: Job::Queue(id), code: _, message } => {
            return handle_unkept(model, &id, &message);
        }
        Event::Refused { job, code, message } => handle_refused(model, job, code, &message),
    }
    Vec::new()
}

fn handle_connection(model: &mut Model, connection: Connection) -> Vec<Effect> {
    let was_connected = model.is_connected();
    let is_live = connection == Connection::Live;
    model.connection = connection;
    // What could not be done without a connection is no news any more; and that it is lost or back is told in the line
    // that a notice takes.
    if was_connected != model.is_connected() || (is_live && matches!(model.notice, Some(Notice::Error(_)))) {
        model.notice = None;
    }
    match &model.connection {
        Connection::Ended(ended) => vec![Effect::Over(ended.clone())],
        Connection::Live => learn_members_here(model),
        _ => Vec::new(),
    }
}

/// How far they are may have been told while there was no connection.
fn learn_members_here(model: &mut Model) -> Vec<Effect> {
    let id = model.chats.selected_id();
    id.and_then(|id| group::learn_members(model, id)).into_iter().collect()
}

fn handle_welcome(model: &mut Model, welcome: Welcome) -> Vec<Effect> {
    model.me = welcome.user;
    model.text_bytes_max = welcome.limits.text_bytes_max;
    model.file_bytes_max = welcome.limits.file_bytes_max;
    model.retention_days = welcome.limits.retention_days;
    welcome.token.map(Effect::KeepToken).into_iter().collect()
}

fn handle_synced(model: &mut Model) -> Vec<Effect> {
    model.synced = true;
    select_something(model)
}

/// While nothing is shown, the most recently active conversation is: the first one of all, too, when it arrives.
fn select_something(model: &mut Model) -> Vec<Effect> {
    let is_wanted = model.surface == Surface::Screen && model.synced;
    if !is_wanted || model.chats.selected_id().is_some() || !model.opening.is_empty() {
        return Vec::new();
    }
    select::select_neighbour(model, 0)
}

fn handle_opened(model: &mut Model, summary: Summary) -> Vec<Effect> {
    let id = summary.conversation;
    model.chats.put(summary);
    if group::is_made(model, id) {
        return select::select(model, id);
    }
    let is_wanted = |target: &Target| model.chats.get(id).is_some_and(|chat| chat.is_target(target));
    let Some(at) = model.opening.iter().position(|opening| is_wanted(&opening.target)) else {
        return Vec::new();
    };
    let Opening { texts, .. } = model.opening.remove(at);
    let mut effects = select::select(model, id);
    for text in texts {
        effects.extend(compose::send(model, Target::Conversation(id), &text, None).unwrap_or_default());
    }
    effects
}

/// A page may hold less than what it was wanted for.
fn handle_loaded(model: &mut Model, id: ConversationId) -> Vec<Effect> {
    if model.surface == Surface::Script || model.chats.selected_id() != Some(id) {
        return Vec::new();
    }
    let mut effects = pick::seek(model);
    effects.extend(pages::fill(model));
    effects
}

/// Shows them, or adds them to those that are shown already.
fn handle_versions(model: &mut Model, id: ConversationId, list: VersionList) {
    if model.chats.selected_id() != Some(id) {
        return;
    }
    match &mut model.overlay {
        Some(Overlay::Versions(shown)) if shown.seq == list.seq => {
            shown.prepend(list.versions, list.has_more)
        }
        None | Some(Overlay::Versions(_)) => model.overlay = Some(Overlay::Versions(list)),
        Some(_) => {}
    }
}

fn handle_newer(model: &mut Model, id: ConversationId, entries: Vec<Entry>) -> Vec<Effect> {
    let members = group_lists::handle_entries(model, id, &entries);
    let mut effects: Vec<_> = members.into_iter().collect();
    entries.iter().for_each(|entry| model.search.hear(entry));
    let Some(timeline) = model.timelines.get_mut(&id) else { return effects };
    let messages = timeline.append(entries);
    if !timeline.is_at_end() {
        timeline.scroll.new_below += messages;
    }
    if model.chats.selected_id() == Some(id) {
        gone::close_versions(model);
        effects.extend(pick::seek(model));
    }
    effects
}

fn handle_outgoing(model: &mut Model, outgoing: Outgoing) -> Vec<Effect> {
    // What is told of by the outbox is on the disk.
    let handed = model.transfers.handed(&outgoing.client_id).map(Effect::Sent);
    let at = model.outgoing.iter().position(|known| known.client_id == outgoing.client_id);
    if let OutgoingState::Failed { message, .. } = &outgoing.state
        && changes::target(&outgoing.content).is_some()
    {
        // Its message may be anywhere.
        let (word, why) = (changes::word(&outgoing.content), SafeText::line(message));
        model.notice = Some(Notice::Error(format!("not {word}: {why} (/retry or /discard)")));
    }
    match (&outgoing.state, at) {
        (OutgoingState::Sent { .. } | OutgoingState::Discarded, Some(at)) => drop(model.outgoing.remove(at)),
        (OutgoingState::Sent { .. } | OutgoingState::Discarded, None) => {}
        (_, Some(at)) => model.outgoing[at] = outgoing,
        (_, None) => model.outgoing.push(outgoing),
    }
    handed.into_iter().collect()
}

fn handle_done(model: &mut Model, job: &Job) -> Vec<Effect> {
    match job {
        Job::Revoke(_) => {
            model.notice = Some(Notice::Info("the device is logged out".to_owned()));
            vec![Effect::Ask(Command::Devices)]
        }
        Job::Group(id) => group::handle_done(model, id),
        Job::Prefer(target) => {
            preferences::handle_done(model, target);
            Vec::new()
        }
        Job::DeleteAccount => gone::handle_erased(model),
        Job::ChangePassword => {
            let text = "the password is changed, and all other devices are logged out";
            model.notice = Some(Notice::Info(text.to_owned()));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// A message cannot be kept on this disk.
fn handle_unkept(model: &mut Model, id: &ClientId, message: &str) -> Vec<Effect> {
    model.notice = Some(Notice::Error(SafeText::line(message).to_string()));
    // Without its message nobody would ever get the file.
    if let Some(transfer) = model.transfers.handed(id) {
        return vec![Effect::Unsent(transfer)];
    }
    // It is not lost: the user has it before them again.
    if let Some(text) = model.last_said.take().filter(|_| model.composer.is_empty()) {
        model.composer.set(&text);
    }
    Vec::new()
}

fn handle_refused(model: &mut Model, job: Job, code: ErrorCode, message: &str) {
    let message = SafeText::line(message);
    let text = match job {
        Job::Read(..) => return,
        Job::Search(query) => {
            model.search.refuse(&query, message.to_string());
            return;
        }
        Job::Group(id) => return group::handle_refused(model, &id, code, message.as_str()),
        Job::Members(id) => return group::handle_members_refused(model, id, message.as_str()),
        Job::Prefer(target) => {
            preferences::take(model, &target);
            message.to_string()
        }
        Job::DeleteAccount if code == ErrorCode::BadCredentials => {
            "that is not your password: nothing is erased".to_owned()
        }
        Job::Groups => {
            group_lists::handle_groups_refused(model);
            message.to_string()
        }
        Job::Page(conversation) => {
            if let Some(timeline) = model.timelines.get_mut(&conversation) {
                timeline.give_up_page();
            }
            if model.chats.selected_id() == Some(conversation) {
                pick::handle_refused(model);
            }
            return;
        }
        Job::Open(target) => {
            let at = model.opening.iter().position(|opening| opening.target == target);
            let opening = at.map(|at| model.opening.remove(at));
            // It is not lost: the user has it before them again.
            if let Some(Opening { target: Target::To(user), texts }) = opening
                && !texts.is_empty()
                && model.composer.is_empty()
            {
                model.composer.set(&format!("/msg {user} {}", texts.join("\n")));
            }
            match (code, target) {
                (ErrorCode::UnknownUser, Target::To(user)) => format!("nobody here is called {user}"),
                _ => message.to_string(),
            }
        }
        _ => message.to_string(),
    };
    model.notice = Some(Notice::Error(text));
}
