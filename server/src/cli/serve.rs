//! `chat-server`: serve until told to stop.

use crate::config::Config;
use crate::server::Server;
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Between two looks at what has become free.
const STIR: Duration = Duration::from_secs(1);

/// Serves until SIGTERM, SIGINT or a failure of the store. Each thread that runs tasks calls `at_rest` when it has nothing to do.
pub fn serve(config: Config, at_rest: fn()) -> anyhow::Result<()> {
    let is_terminal = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(log_filter()?).with_ansi(is_terminal);
    log.with_writer(std::io::stderr).init();
    raise_descriptor_limit();
    if config.limits.file_bytes_max > config.limits.user_bytes_max {
        tracing::warn!("--max-file-size is above --user-quota: a file may be no larger than the quota");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().on_thread_park(at_rest).build()?;
    runtime.block_on(async {
        let store = config.store.to_string();
        let server = Server::bind(config).await?;
        // Standard output may be closed; the server serves all the same.
        let _ = greet(server.local_addr(), &store);
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone())?);
        tokio::spawn(stir());
        Ok(server.run(stop).await?)
    })
}

fn log_filter() -> anyhow::Result<EnvFilter> {
    let wanted = std::env::var("CHAT_LOG").unwrap_or_else(|_| "warn,chat_server=info".to_owned());
    EnvFilter::try_new(&wanted).with_context(|| format!("CHAT_LOG: {wanted:?} is no filter"))
}

/// Wakes a thread now and then, that it may come to rest again: what became free while it rested the last time is given back then.
/// It is the thread that waits for the clock; each other one gives its own back when it has had something to do.
async fn stir() {
    let mut moments = tokio::time::interval(STIR);
    loop {
        moments.tick().await;
    }
}

/// Each connection takes a descriptor, and the usual soft limit is 1024.
fn raise_descriptor_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

fn greet(address: SocketAddr, store: &str) -> std::io::Result<()> {
    let page = reachable(address);
    let client = terminal_client(address);
    let mut out = std::io::stdout().lock();
    writeln!(out, "chat-server is listening on {address}")?;
    writeln!(out, "  browser   http://{page}")?;
    writeln!(out, "  terminal  {client}")?;
    writeln!(out, "  data      {store}")?;
    out.flush()
}

/// An address that listens everywhere is reached here by localhost.
fn reachable(address: SocketAddr) -> String {
    let is_localhost =
        [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()].contains(&address.ip());
    if address.ip().is_unspecified() || is_localhost {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// The one line that opens a terminal client, as it works where the server was started from.
fn terminal_client(address: SocketAddr) -> String {
    let from_checkout = std::env::var_os("CARGO").is_some();
    let program = if from_checkout { "cargo run --release -p chat-tui --" } else { "chat-tui" };
    let is_default = address == SocketAddr::from(([127, 0, 0, 1], 5000));
    let server = if is_default { String::new() } else { format!(" --server http://{}", dialled(address)) };
    format!("{program}{server} --user NAME")
}

fn dialled(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { reachable(address) } else { address.to_string() }
}

/// The first signal stops the server cleanly, the second one at once.
#[cfg(unix)]
fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let next = async move || {
        tokio::select! {
            _ = terminate.recv() => 143,
            _ = interrupt.recv() => 130,
        }
    };
    Ok(stop_then_exit(stop, next))
}

#[cfg(not(unix))]
fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    let next = async move || {
        let _ = tokio::signal::ctrl_c().await;
        130
    };
    Ok(stop_then_exit(stop, next))
}

async fn stop_then_exit(stop: CancellationToken, mut next: impl AsyncFnMut() -> i32) {
    next().await;
    tracing::info!("stopping");
    stop.cancel();
    std::process::exit(next().await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_an_address_that_a_browser_can_open() {
        for (address, page) in [
            ("127.0.0.1:5000", "localhost:5000"),
            ("0.0.0.0:80", "localhost:80"),
            ("[::]:5000", "localhost:5000"),
            ("127.0.0.2:5000", "127.0.0.2:5000"),
            ("192.0.2.7:5000", "192.0.2.7:5000"),
        ] {
            assert_eq!(reachable(address.parse().unwrap()), page);
        }
    }
}
