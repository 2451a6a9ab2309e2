//! Weighs the terminal client: how soon its first frame is there, what it takes while nothing happens, how much memory it
//! has with a small history and with a long one. One JSON line.
//!
//! The client is the `chat-tui` that was built beside this, in a pseudo-terminal of 100 columns and 30 rows; its server is
//! the `chat-server` beside it. docs/performance.md has the method and the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A tool for ourselves.
#![allow(clippy::disallowed_methods)] // The shell: it reads the clock.

use chat_client::{ServerUrl, credentials};
use chat_protocol::{ConversationId, DeviceId, Token, UserName};
use chat_server::store::{NewBody, NewDevice, NewEntry, NewUser, SqliteStore, Store, TokenHash, UserId};
use chat_tests::{RealServer, Tty, proc, program};
use clap::Parser;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SIZE: (u16, u16) = (100, 30);
const PAGE_UP: &str = "\x1b[5~";
/// In the small history.
const FEW: usize = 20;

#[derive(Parser)]
#[command(name = "weigh-terminal", about = "Weighs the terminal client and prints one JSON line")]
struct Options {
    /// Messages of the long history
    #[arg(long, default_value_t = 10_000)]
    messages: usize,
    /// How often it is started
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// How long it is left alone
    #[arg(long, default_value_t = 10)]
    idle_seconds: u64,
}

fn main() {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // The first use may build the programs, which is nobody's time.
    program("chat-tui");
    let server = runtime.block_on(RealServer::start(&[]));
    let store = SqliteStore::open(&server.data().join("chat.db")).unwrap();
    let few = runtime.block_on(somebody_with(&store, server.address(), "few", FEW));
    let many = runtime.block_on(somebody_with(&store, server.address(), "many", options.messages));
    runtime.block_on(store.close());
    let outcome = json!({
        "start": starts(server.address(), &few, options.starts),
        "small": small(server.address(), &few, options.idle_seconds),
        "long": long(server.address(), &many, options.messages),
    });
    println!("{outcome}");
}

/// A user who has spoken so often with a friend, logged in on a machine of their own.
async fn somebody_with(store: &SqliteStore, server: SocketAddr, name: &str, messages: usize) -> Machine {
    let (user, token) = somebody(store, name).await;
    let (friend, _) = somebody(store, &format!("friend-of-{name}")).await;
    let fresh = ConversationId::from_bits(user.0.cast_unsigned());
    let conversation = store.open_direct(user, friend, fresh).await.unwrap();
    let entries: Vec<_> = (1..=messages).map(|number| entry(conversation, [user, friend], number)).collect();
    for batch in entries.chunks(1000) {
        store.append(batch.to_vec()).await.unwrap();
    }
    let machine = Machine { name: name.parse().unwrap(), data: tempfile::tempdir().unwrap() };
    let server: ServerUrl = server.to_string().parse().unwrap();
    let folder = credentials::folder(machine.data.path(), &server, &machine.name);
    credentials::save(&folder, &token).unwrap();
    machine
}

async fn somebody(store: &SqliteStore, name: &str) -> (UserId, Token) {
    // Nobody logs in by password here; no password has this hash.
    let user = NewUser { name: name.parse().unwrap(), password_hash: "none".to_owned(), at: 0 };
    let user = store.create_user(user).await.unwrap().expect("the store is new");
    // Not secret: it opens a server that lives as long as this program.
    let digest = Sha256::digest(name.as_bytes());
    let token = Token::new(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let hash = TokenHash(Sha256::digest(token.expose().as_bytes()).into());
    let id = DeviceId::from_bits(user.0.cast_unsigned());
    store.add_device(NewDevice { id, user, token: hash, name: "terminal".to_owned(), at: 0 }).await.unwrap();
    (user, token)
}

/// A minute after the one before, of 20 to 200 bytes, three of one person in a row.
fn entry(conversation: ConversationId, people: [UserId; 2], number: usize) -> NewEntry {
    let words = "the build has passed and the release is on its way ";
    let text = format!("message {number}: {}", words.repeat(4).split_at(10 + number * 37 % 180).0.trim_end());
    NewEntry {
        conversation,
        sender: people[number / 3 % 2],
        client_id: format!("{number:032x}").parse().unwrap(),
        at: 1_772_442_000_000 + number as u64 * 60_000,
        body: NewBody::Message { text, file: None, reply_to: None },
    }
}

/// Where somebody's token is kept.
struct Machine {
    name: UserName,
    data: TempDir,
}

fn open(server: SocketAddr, machine: &Machine) -> Tty {
    let (server, data) = (server.to_string(), machine.data.path().to_str().unwrap());
    Tty::start("chat-tui", &["--server", &server, "--user", machine.name.as_str(), "--data", data], SIZE)
}

/// From before the process is started until the frame stands in the terminal, and until the conversation does.
fn starts(server: SocketAddr, machine: &Machine, count: usize) -> Value {
    let (mut frames, mut conversations, mut work) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let started = Instant::now();
        let mut tty = open(server, machine);
        // The last line of the first frame; it stands there before there is a connection.
        tty.shows("connect");
        frames.push(started.elapsed());
        work.push(cpu(tty.pid()));
        tty.shows(&format!("message {FEW}:"));
        conversations.push(started.elapsed());
        tty.types("\x11");
        assert_eq!(tty.ends(), 0);
    }
    json!({
        "first_frame_ms": spread(frames),
        "first_frame_cpu_ms": spread(work),
        "conversation_ms": spread(conversations),
    })
}

fn spread(mut times: Vec<Duration>) -> Value {
    times.sort();
    let ms = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
    json!({"least": ms(times[0]), "median": ms(times[times.len() / 2]), "most": ms(times[times.len() - 1])})
}

fn small(server: SocketAddr, machine: &Machine, seconds: u64) -> Value {
    let tty = open(server, machine);
    tty.shows(&format!("message {FEW}:"));
    tty.shows("● connected");
    let (before, started) = (cpu(tty.pid()), Instant::now());
    std::thread::sleep(Duration::from_secs(seconds));
    let (idle, past) = (cpu(tty.pid()) - before, started.elapsed());
    json!({
        "idle_s": past.as_secs_f64(),
        "idle_cpu_ms": idle.as_secs_f64() * 1000.0,
        "resident_kib": memory_kib(tty.pid(), "VmRSS"),
        "of_it_anonymous_kib": memory_kib(tty.pid(), "RssAnon"),
    })
}

/// Scrolls until the first message is on the screen: everything is loaded then.
fn long(server: SocketAddr, machine: &Machine, messages: usize) -> Value {
    let mut tty = open(server, machine);
    tty.shows(&format!("message {messages}:"));
    let (before, started) = (cpu(tty.pid()), Instant::now());
    let mut pages = 0;
    let mut slowest = Duration::ZERO;
    while !tty.screen().contents().contains("message 1:") {
        let (pressed, top) = (Instant::now(), top(&tty));
        tty.types(PAGE_UP);
        pages += 1;
        tty.waits("the screen to move", |screen| top_of(screen) != top);
        slowest = slowest.max(pressed.elapsed());
    }
    json!({
        "pages": pages,
        "slowest_page_ms": slowest.as_secs_f64() * 1000.0,
        "scrolling_s": started.elapsed().as_secs_f64(),
        "scrolling_cpu_s": (cpu(tty.pid()) - before).as_secs_f64(),
        "resident_kib": memory_kib(tty.pid(), "VmRSS"),
        "most_kib": memory_kib(tty.pid(), "VmHWM"),
        "of_it_anonymous_kib": memory_kib(tty.pid(), "RssAnon"),
    })
}

fn top(tty: &Tty) -> String {
    top_of(&tty.screen())
}

/// The conversation's lines, without title, rule, composer and status.
fn top_of(screen: &vt100::Screen) -> String {
    screen.contents().lines().skip(1).take(usize::from(SIZE.1) - 4).collect()
}

/// CPU time of all threads, to the nanosecond.
fn cpu(pid: u32) -> Duration {
    proc::cpu_of_threads(pid, "").unwrap()
}

fn memory_kib(pid: u32, kind: &str) -> u64 {
    proc::memory_kib(pid, kind).unwrap()
}
