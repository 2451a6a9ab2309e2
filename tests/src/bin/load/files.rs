//! One large file up and down: what it weighs, how fast it goes beside nginx, and what the chat feels of it.

use crate::nginx::Nginx;
use crate::open;
use crate::target::{self, Target};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(clap::Args, Clone, Copy)]
pub struct Options {
    /// MiB of the file
    #[arg(long, default_value_t = 2048)]
    mib: u64,
    /// Messages per second of the chat beside it
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long the chat is measured, each without and with transfers
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Downloads of each server, in turn
    #[arg(long, default_value_t = 3)]
    downloads: u32,
}

const MIB: u64 = 1024 * 1024;
const PIECE: usize = 256 * 1024;
const PAIRS: usize = 20;

pub async fn run(mut target: target::Options, options: Options) -> anyhow::Result<Value> {
    let bytes = options.mib * MIB;
    target.args = ["--max-file-size", &bytes.to_string(), "--user-quota", "1TiB"].map(str::to_owned).into();
    let target = Target::prepare(&target, PAIRS * 2).await?;
    let courier = Courier { address: target.address, token: target.people[0].token.expose().to_owned() };
    let chat = open::Options { rate: options.rate, pairs: PAIRS, bytes: 100, seconds: options.seconds };
    // What a server has used once it keeps, so it is not the file that is weighed.
    courier.download(&courier.upload(MIB).await?).await?;
    let quiet = open::run(&target, chat).await?;

    let memory = Memory::watch(&target)?;
    let began = Instant::now();
    let id = courier.upload(bytes).await?;
    let upload = mib_per_second(bytes, began.elapsed());
    let upload_kib = memory.grown();
    eprintln!("up: {upload:.0} MiB/s, {upload_kib} KiB more");

    let memory = Memory::watch(&target)?;
    let nginx = match target.data().and_then(|data| object(data, bytes)) {
        Some((root, path)) => Some((Nginx::serve(&root).await?, path)),
        // GridFS has no files.
        None => None,
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..options.downloads {
        ours.push(mib_per_second(bytes, courier.download(&id).await?));
        if let Some((nginx, path)) = &nginx {
            theirs.push(mib_per_second(bytes, get(nginx.address, path, "").await?.1));
        }
        eprintln!("down: {ours:.0?} MiB/s, nginx {theirs:.0?} MiB/s");
    }
    let download_kib = memory.grown();

    let mut beside = Vec::new();
    for what in [What::Upload, What::Download] {
        let busy = Arc::new(AtomicBool::new(true));
        let transfers = tokio::spawn(transfers(courier.clone(), what, id.clone(), bytes, Arc::clone(&busy)));
        let run = open::run(&target, chat).await?;
        busy.store(false, Ordering::Relaxed);
        beside.push((run, transfers.await??));
    }
    let p99 = |run: &Value| run["delivery_ms"]["p99"].as_f64().context("a latency");
    let of_quiet = |run: &Value| anyhow::Ok(p99(run)? / p99(&quiet)?);
    let (ours, theirs) = (median(ours), median(theirs));
    Ok(json!({
        "scenario": "files", "mib": options.mib,
        "upload_mib_per_second": upload, "upload_grown_kib": upload_kib,
        "download_mib_per_second": ours, "nginx_mib_per_second": theirs, "download_grown_kib": download_kib,
        "download_of_nginx": ours.zip(theirs).map(|(ours, theirs)| ours / theirs),
        "chat_p99_of_quiet_during_upload": of_quiet(&beside[0].0)?,
        "chat_p99_of_quiet_during_download": of_quiet(&beside[1].0)?,
        "mib_moved_meanwhile": [beside[0].1 / MIB, beside[1].1 / MIB],
        "runs": {"quiet": quiet, "during_upload": beside[0].0, "during_download": beside[1].0},
    }))
}

#[derive(Clone, Copy)]
enum What {
    Upload,
    Download,
}

/// One after the other until it is enough; how many bytes that were.
async fn transfers(
    courier: Courier,
    what: What,
    id: String,
    bytes: u64,
    busy: Arc<AtomicBool>,
) -> anyhow::Result<u64> {
    let mut moved = 0;
    while busy.load(Ordering::Relaxed) {
        match what {
            What::Upload => drop(courier.upload(bytes / 4).await?),
            What::Download => drop(courier.download(&id).await?),
        }
        moved += if matches!(what, What::Upload) { bytes / 4 } else { bytes };
    }
    Ok(moved)
}

/// Transfers run on threads of their own: on the generator's they would delay the chat whose latency it measures.
#[derive(Clone)]
struct Courier {
    address: SocketAddr,
    token: String,
}

impl Courier {
    /// In one request; the id.
    async fn upload(&self, bytes: u64) -> anyhow::Result<String> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.upload_now(bytes)).await?
    }

    fn upload_now(&self, bytes: u64) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        let Self { address, token } = self;
        let head = format!(
            "POST /api/files?name=big.bin HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {bytes}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        let mut piece: Vec<u8> = (0..PIECE).map(|place| (place * 31 % 251) as u8).collect();
        let mut left = bytes;
        while left > 0 {
            // No two pieces are the same, and no two files of this run.
            piece[..8].copy_from_slice(&(left ^ (began_micros() << 20)).to_le_bytes());
            let count = usize::try_from(left.min(PIECE as u64))?;
            stream.write_all(&piece[..count])?;
            left -= count as u64;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        ensure!(head.starts_with("HTTP/1.1 201"), "{answer}");
        let file: Value = serde_json::from_str(body)?;
        Ok(file["id"].as_str().context("an id")?.to_owned())
    }

    async fn download(&self, id: &str) -> anyhow::Result<Duration> {
        let login = format!("Authorization: Bearer {}\r\n", self.token);
        get(self.address, &format!("/api/files/{id}"), &login).await.map(|(_, elapsed)| elapsed)
    }
}

fn began_micros() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(0)
}

/// Gets a file and throws it away; how many bytes came, in which time.
async fn get(address: SocketAddr, path: &str, headers: &str) -> anyhow::Result<(u64, Duration)> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    tokio::task::spawn_blocking(move || get_now(address, &head)).await?
}

fn get_now(address: SocketAddr, head: &str) -> anyhow::Result<(u64, Duration)> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(head.as_bytes())?;
    let mut buffer = vec![0; PIECE];
    let first = stream.read(&mut buffer)?;
    ensure!(
        buffer.starts_with(b"HTTP/1.1 200"),
        "{head}: {}",
        String::from_utf8_lossy(&buffer[..first.min(200)])
    );
    let length = String::from_utf8_lossy(&buffer[..first]).to_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next()?.parse::<u64>().ok());
    let mut count = first as u64;
    loop {
        match stream.read(&mut buffer)? {
            0 => break,
            more => count += more as u64,
        }
    }
    ensure!(length.is_some_and(|length| count > length), "{head} was cut off after {count} bytes");
    Ok((count, began.elapsed()))
}

/// The server's resident memory, looked at all the time.
struct Memory {
    before: u64,
    most: Arc<AtomicU64>,
    watching: tokio::task::JoinHandle<()>,
}

impl Memory {
    fn watch(target: &Target) -> anyhow::Result<Self> {
        let before = target.usage()?.resident_kib;
        let most = Arc::new(AtomicU64::new(before));
        let (seen, resident) = (Arc::clone(&most), target.resident()?);
        let watching = tokio::spawn(async move {
            loop {
                seen.fetch_max(resident().unwrap_or(0), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        Ok(Self { before, most, watching })
    }

    /// By how many KiB it was larger than before at the most.
    fn grown(self) -> u64 {
        self.watching.abort();
        self.most.load(Ordering::Relaxed).saturating_sub(self.before)
    }
}

/// The folder of contents, and the path in it of the one that has so many bytes.
fn object(data: &Path, bytes: u64) -> Option<(PathBuf, String)> {
    let root = data.join("files/objects");
    let folders = std::fs::read_dir(&root).ok()?;
    for folder in folders.flatten() {
        for file in std::fs::read_dir(folder.path()).ok()?.flatten() {
            if file.metadata().is_ok_and(|about| about.len() == bytes) {
                let (folder, file) = (folder.file_name(), file.file_name());
                return Some((root, format!("/{}/{}", folder.to_str()?, file.to_str()?)));
            }
        }
    }
    None
}

fn mib_per_second(bytes: u64, elapsed: Duration) -> f64 {
    bytes as f64 / MIB as f64 / elapsed.as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied()
}
