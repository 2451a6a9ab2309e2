//! `delete-account`: ends the user's account, once it is certain that they want it.

use super::{Step, is_live, refused, refused_login};
use crate::app::Msg;
use chat_client::{Command, Event, Job};
use chat_protocol::{ErrorCode, Password};

/// The end of an account.
#[derive(Debug, Default)]
pub struct DeleteAccount {
    /// The user's password; nothing is asked for without one.
    pub password: Option<Password>,
}

impl DeleteAccount {
    pub fn handle_event(&mut self, event: &Event) -> Vec<Step> {
        match event {
            event if is_live(event) => {
                let command = self.password.clone().map(Command::DeleteAccount);
                command.into_iter().map(|command| Step::Do(Msg::Ask(command))).collect()
            }
            Event::Done(Job::DeleteAccount) => vec![Step::End(Ok(()))],
            Event::Refused { job: Job::DeleteAccount, code: ErrorCode::BadCredentials, message } => {
                vec![Step::End(Err(refused_login(ErrorCode::BadCredentials, message)))]
            }
            Event::Refused { job: Job::DeleteAccount, code, message } => refused(*code, message),
            _ => Vec::new(),
        }
    }
}
