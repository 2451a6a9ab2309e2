//! `devices`: lists the user's devices, or logs one out.

use super::{Step, is_live, print, refused};
use crate::app::{Model, Msg};
use chat_client::{Command, Event, Job, SafeText};
use chat_protocol::{Device, DeviceId};

/// The list, or the device to log out.
#[derive(Debug)]
pub struct Devices {
    pub revoke: Option<DeviceId>,
    pub json: bool,
}

impl Devices {
    pub fn handle_event(&self, model: &Model, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => {
                vec![Step::Do(Msg::Ask(self.revoke.map_or(Command::Devices, Command::Revoke)))]
            }
            Event::Devices(devices) => {
                let line = |device| if self.json { print::json(device) } else { plain(model, device) };
                let lines = devices.iter().map(|device| Step::Print { line: line(device), read: None });
                lines.chain([Step::End(Ok(()))]).collect()
            }
            Event::Done(Job::Revoke(_)) => vec![Step::End(Ok(()))],
            Event::Refused { job: Job::Devices | Job::Revoke(_), code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }
}

fn plain(model: &Model, device: &Device) -> String {
    let seen = (model.local_time)(device.last_seen).format("%Y-%m-%d %H:%M");
    let here = if device.current { " (this one)" } else { "" };
    format!("{} {seen} {}{here}", device.device, SafeText::line(&device.name))
}
