//! What lies over the screen: the help, the devices, the form for the password.

use super::{boxed, files, groups, search, theme};
use crate::app::command::COMMANDS;
use crate::app::keys::{FORMATS, KEYS};
use crate::app::rows::wrap;
use crate::app::versions::{self, VersionList};
use crate::app::{DeletionForm, FIELDS, Model, Overlay, PasswordForm, WIDE};
use chat_client::SafeText;
use chat_protocol::UserName;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help(down)) => boxed(frame, area, " Help: Esc closes ", help(area.width), *down),
        Some(Overlay::Devices) => boxed(frame, area, " Devices: /revoke N logs one out ", devices(model), 0),
        Some(Overlay::Files(list)) => files::draw_list(frame, model, *list, area),
        Some(Overlay::Offer(offer)) => files::draw_offer(frame, model, offer, area),
        Some(Overlay::Picture(file)) => files::draw_picture(frame, model, file, area),
        Some(Overlay::Versions(list)) => {
            boxed(frame, area, " What it said: Esc closes ", versions(model, list), list.down);
        }
        Some(Overlay::Groups(list)) => groups::draw_list(frame, model, list, area),
        Some(Overlay::Members(list)) => groups::draw_members(frame, model, list, area),
        Some(Overlay::Readers(list)) => groups::draw_readers(frame, model, list, area),
        Some(Overlay::Blocked(users, down)) => {
            boxed(frame, area, " Blocked: /unblock USER ", blocked(users), *down)
        }
        Some(Overlay::DeleteAccount(form)) => {
            boxed(frame, area, " Delete your account ", deletion(form, area.width), 0);
        }
        Some(Overlay::Search) => search::draw(frame, model, area),
        Some(Overlay::Told(text)) => boxed(frame, area, " Enter goes on ", told(text, area.width), 0),
        Some(Overlay::Password(form)) => boxed(frame, area, " Change the password ", password(form), 0),
    }
}

/// Two columns, or one below the other where there is no room for both.
fn help(width: u16) -> Vec<Line<'static>> {
    let commands = COMMANDS.iter().map(|(name, arguments, what)| (format!("{name} {arguments}"), *what));
    let owned = |(left, what): &(&str, &'static str)| ((*left).to_owned(), *what);
    let (keys, formats) = (KEYS.iter().map(owned), FORMATS.iter().map(owned));
    let slash = ("//text".to_owned(), "send a text that begins with a slash");
    let entries = keys.chain(commands).chain([slash]).chain(formats);
    if width >= WIDE {
        let line = |(left, what)| {
            Line::from(vec![Span::styled(format!(" {left:<20} "), theme::STRONG), Span::raw(what)])
        };
        return entries.map(line).collect();
    }
    // The border, and three columns before the text.
    let room = usize::from(width).saturating_sub(6);
    let stacked = |(left, what)| {
        let explained = wrap(what, room).into_iter().map(|line| Line::raw(format!("   {line}")));
        std::iter::once(Line::styled(format!(" {left}"), theme::STRONG)).chain(explained)
    };
    entries.flat_map(stacked).collect()
}

fn told(text: &str, width: u16) -> Vec<Line<'static>> {
    let room = usize::from(width.saturating_sub(4)).max(1);
    wrap(text, room).into_iter().map(|line| Line::raw(format!(" {line}"))).collect()
}

fn devices(model: &Model) -> Vec<Line<'static>> {
    let line = |(index, device): (usize, &chat_protocol::Device)| {
        let seen = (model.local_time)(device.last_seen).format("%-d %b %Y %H:%M");
        let here = if device.current { ", this one" } else { "" };
        let name = SafeText::line(&device.name);
        Line::raw(format!(" {}  {name}  last seen {seen}{here}", index + 1))
    };
    model.devices.iter().enumerate().map(line).collect()
}

fn versions(model: &Model, list: &VersionList) -> Vec<Line<'static>> {
    let line = |line| match line {
        versions::Line::More => Line::styled(" ↑ shows earlier ones", theme::QUIET),
        versions::Line::Since(time) => Line::styled(format!(" {time}"), theme::STRONG),
        versions::Line::Text(text) => Line::raw(format!("   {text}")),
    };
    versions::lines(model, list, versions::room(model).0).into_iter().map(line).collect()
}

fn blocked(users: &[UserName]) -> Vec<Line<'static>> {
    users.iter().map(|user| Line::raw(format!(" {user}"))).collect()
}

fn deletion(form: &DeletionForm, width: u16) -> Vec<Line<'static>> {
    const WARNING: &str = "All that you have said and sent is erased, for everybody and for ever. Your name is free for others \
         then. Esc leaves everything as it is.";
    let (name, password, is_confirmed) = form.progress();
    let line = |label: &str, value: String, is_here: bool| {
        let mark = if is_here { ">" } else { " " };
        let style = if is_here { theme::STRONG } else { theme::QUIET };
        Line::styled(format!(" {mark} {label:<18} {value}"), style)
    };
    let mut lines = told(WARNING, width.min(60));
    lines.push(line("Your name", SafeText::line(name).to_string(), !is_confirmed));
    lines.push(line("Password", "•".repeat(password.min(20)), is_confirmed));
    lines
}

fn password(form: &PasswordForm) -> Vec<Line<'static>> {
    let (at, lengths) = form.progress();
    let line = |(index, (label, length)): (usize, (&&str, usize))| {
        let mark = if index == at { ">" } else { " " };
        let text = format!(" {mark} {label:<18} {}", "•".repeat(length.min(20)));
        Line::styled(text, if index == at { theme::STRONG } else { theme::QUIET })
    };
    FIELDS.iter().zip(lengths).enumerate().map(line).collect()
}
