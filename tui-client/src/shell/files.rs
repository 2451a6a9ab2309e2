//! What the screen wants of the disk, and the transfers.

use super::door::Door;
use super::pictures::Gallery;
use crate::app::files::complete::{Listing, Name};
use crate::app::files::{Offered, words};
use crate::app::{Effect, Msg};
use chat_client::files::{Destination, DownloadRequest, TransferEvent, Transfers, TransfersConfig};
use chat_protocol::{Token, Welcome};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Names of a folder that are looked at. In a larger one the rest is not offered.
const NAMES_MAX: usize = 10_000;
/// Answers of the disk that wait for the screen. When it is full, the task that has one waits.
const ANSWERS_MAX: usize = 64;
/// For transfers to end: what the disk does right now is not interrupted.
const STOP_TIME: Duration = Duration::from_secs(3);

/// The transfers of one login, and the answers of the disk.
pub struct Files {
    transfers: Transfers,
    events: mpsc::Receiver<TransferEvent>,
    answers: mpsc::Receiver<Msg>,
    answer: mpsc::Sender<Msg>,
    downloads: PathBuf,
    gallery: Gallery,
}

impl Files {
    /// Takes up what an earlier start of the client left unfinished, as soon as the server has welcomed this device.
    pub fn start(door: &Door, token: Option<Token>) -> Self {
        let journal = Some(door.folder.join("uploads"));
        let config = TransfersConfig { server: door.server.clone(), token, journal, takes_up: true };
        let (transfers, events) = Transfers::start(config);
        let (answer, answers) = mpsc::channel(ANSWERS_MAX);
        Self { transfers, events, answers, answer, downloads: downloads(door), gallery: Gallery::default() }
    }

    /// Ends what moves: uploads go on at the next start, and downloads leave nothing behind.
    pub async fn stop(&self) {
        let _ = timeout(STOP_TIME, self.transfers.stop()).await;
    }

    pub fn handle_welcome(&self, welcome: &Welcome) {
        self.transfers.handle_welcome(welcome);
    }

    /// What is told next. It never ends.
    pub async fn next(&mut self) -> Msg {
        tokio::select! {
            Some(event) = self.events.recv() => Msg::Transfer(event, Instant::now()),
            Some(answer) = self.answers.recv() => answer,
            else => std::future::pending().await,
        }
    }

    /// Does what the application says of files, or gives the effect back. A message is to be told at once.
    pub fn execute(&mut self, effect: Effect) -> Result<Option<Msg>, Effect> {
        match effect {
            Effect::Upload(request) => {
                let id = self.transfers.upload(request.clone());
                return Ok(Some(Msg::UploadAsked(id, request)));
            }
            Effect::Save { file, to } => {
                let to = destination(&self.downloads, to);
                self.transfers.download(DownloadRequest { attachment: *file, to });
            }
            Effect::CancelTransfer(id) => self.transfers.cancel(id),
            Effect::Sent(id) => self.transfers.sent(id),
            Effect::Unsent(id) => self.transfers.unsent(id),
            Effect::List(folder) => self.ask_disk(|| Msg::Listed(list(folder))),
            Effect::CheckPaste(readings) => self.ask_disk(|| Msg::PasteChecked(files_of(readings))),
            Effect::Picture { key, file } => {
                self.gallery.show(&self.transfers, key, file, self.answer.clone());
            }
            other => return Err(other),
        }
        Ok(None)
    }

    /// What the pictures are drawn with.
    pub fn gallery(&mut self) -> &mut Gallery {
        &mut self.gallery
    }

    /// A disk may be slow, or a network's.
    fn ask_disk(&self, question: impl FnOnce() -> Msg + Send + 'static) {
        let answer = self.answer.clone();
        tokio::spawn(async move {
            if let Ok(msg) = tokio::task::spawn_blocking(question).await {
                // Nobody waits for it after the end.
                let _ = answer.send(msg).await;
            }
        });
    }
}

/// Where files are saved unless the user says where: the folder that was set, the platform's for downloads, or the
/// current one.
fn downloads(door: &Door) -> PathBuf {
    let platform = || directories::UserDirs::new()?.download_dir().map(Path::to_owned);
    let set = door.downloads.clone().or_else(|| platform().filter(|folder| folder.is_dir()));
    set.or_else(|| env::current_dir().ok()).unwrap_or_else(|| PathBuf::from("."))
}

/// A name alone is one in the usual folder; a path is as in a shell.
fn destination(downloads: &Path, to: Option<String>) -> Destination {
    let Some(to) = to else { return Destination::Folder(downloads.to_owned()) };
    let is_path = to.contains(words::is_separator) || matches!(to.as_str(), "." | "..");
    let here = env::current_dir().unwrap_or_default();
    let path = if is_path { here.join(&to) } else { downloads.join(&to) };
    if to.ends_with(words::is_separator) || path.is_dir() {
        return Destination::Folder(path);
    }
    Destination::File(path)
}

/// What stands in a folder; nothing when it cannot be read.
fn list(folder: String) -> Listing {
    let path = if folder.is_empty() { Path::new(".") } else { Path::new(&folder) };
    let mut names: Vec<Name> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .take(NAMES_MAX)
        // What is no text cannot be written in the composer.
        .filter_map(|entry| {
            let is_folder = fs::metadata(entry.path()).is_ok_and(|kind| kind.is_dir());
            Some(Name { name: entry.file_name().into_string().ok()?, is_folder })
        })
        .collect();
    names.sort();
    Listing { folder, names }
}

/// The files of the first reading by which all of them are there.
fn files_of(readings: Vec<Vec<String>>) -> Vec<Offered> {
    let file = |path: &String| {
        let known = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(Offered { path: path.clone(), bytes: known.len() })
    };
    let all = |paths: &Vec<String>| paths.iter().map(file).collect::<Option<Vec<_>>>();
    readings.iter().find_map(all).unwrap_or_default()
}

/// The user's home folder, as far as it is text.
pub fn home() -> Option<String> {
    let home = directories::UserDirs::new()?.home_dir().to_str()?.to_owned();
    Some(home.trim_end_matches(words::is_separator).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_folder_or_a_name() {
        let base = env::temp_dir();
        let downloads = base.join(format!("chat-downloads-{}", std::process::id()));
        fs::create_dir_all(downloads.join("sub")).unwrap();
        let here = env::current_dir().unwrap();
        let to = |written: &str| destination(&downloads, Some(written.to_owned()));
        assert_eq!(destination(&downloads, None), Destination::Folder(downloads.clone()));
        assert_eq!(to("a.txt"), Destination::File(downloads.join("a.txt")));
        assert_eq!(to("sub"), Destination::Folder(downloads.join("sub")));
        assert_eq!(to("./a.txt"), Destination::File(here.join("./a.txt")));
        assert_eq!(to("."), Destination::Folder(here.join(".")));
        assert_eq!(to("new/"), Destination::Folder(here.join("new/")));
        let absolute = downloads.to_str().unwrap();
        assert_eq!(to(absolute), Destination::Folder(downloads.clone()));
        fs::remove_dir_all(&downloads).unwrap();
    }

    #[test]
    fn a_paste_is_one_of_files_only_when_all_are_there() {
        let file = env::current_exe().unwrap().to_str().unwrap().to_owned();
        let readings = |paths: &[&str]| {
            vec![vec!["/nowhere/x".to_owned()], paths.iter().map(|path| (*path).to_owned()).collect()]
        };
        assert_eq!(files_of(readings(&[&file])).len(), 1);
        assert_eq!(files_of(readings(&[&file, "/nowhere/y"])), []);
        assert_eq!(files_of(readings(&[env::temp_dir().to_str().unwrap()])), [], "a folder is none");
    }
}
