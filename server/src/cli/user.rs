//! `chat-server user`: accounts made by the operator.

use crate::accounts::Accounts;
use crate::config::Config;
use crate::lifecycle;
use anyhow::{bail, ensure};
use chat_protocol::{Password, UserName};
use std::io::{IsTerminal, Write};

/// Makes an account. It needs no stop of the server: the store takes writes from two processes.
pub fn add(config: &Config, name: UserName) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let store = runtime.block_on(lifecycle::open_store(&config.store))?;
    let password = read_password()?;
    let made = runtime.block_on(async {
        let accounts = Accounts::new(store.clone(), config.registration, &config.limits);
        let made = accounts.create(name, password).await;
        store.close().await;
        made
    });
    let account = made?;
    // Standard output may be closed; the account is made all the same.
    let _ = writeln!(std::io::stdout(), "{} can log in now", account.name);
    Ok(())
}

fn read_password() -> anyhow::Result<Password> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        ensure!(!line.is_empty(), "no password came on standard input");
        return Ok(Password::new(line.trim_end_matches(['\n', '\r'])));
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Once more: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(Password::new(password))
}
