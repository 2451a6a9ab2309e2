//! What a server takes hold of before it serves: its data folder, the lock on it, the store, the port.

use crate::blobs::{Blobs, Disk};
use crate::config::{Config, StoreLocation};
use crate::fresh;
use crate::store::archive::Archive;
use crate::store::{ConnectError, MongoStore, MongoUrl, SqliteStore, Store};
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

/// Between two tries to reach a database: the first pause, and the longest.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(3);

/// Why a server does not start. Each is one line that says what and where.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", listen_cause(.cause))]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// The data folder cannot be made or written.
    #[error("cannot keep data in {}: {cause}", .folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// Another server uses the same data.
    #[error("another chat-server is running on {}", .0.display())]
    InUse(PathBuf),
    /// The store cannot be opened.
    #[error("cannot open the store {location}: {cause}")]
    Store {
        /// Which one.
        location: StoreLocation,
        /// What the store says.
        cause: String,
    },
    /// The store could not be reached in the time that there was.
    #[error("cannot reach the store {location} within {} s", .patience.as_secs())]
    Away {
        /// Which one.
        location: StoreLocation,
        /// How long there was.
        patience: Duration,
    },
}

fn listen_cause(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::AddrInUse => {
            "something is listening there already; choose another port with --listen ADDR:PORT".to_owned()
        }
        _ => cause.to_string(),
    }
}

/// Where a server keeps things.
pub struct Keeping {
    /// Everything but the contents of files.
    pub store: Arc<dyn Store>,
    /// The contents of files.
    pub blobs: Arc<dyn Blobs>,
}

/// What there is of the store before the server serves.
pub enum Taken {
    /// A file: opened, and nobody else may. It is unlocked when the lock is dropped, also by a crash.
    File(Keeping, File),
    /// A database that is to be reached yet. Other servers may use it at the same time.
    Database(MongoUrl),
}

/// Takes what can be taken at once.
pub fn take_store(location: &StoreLocation) -> Result<Taken, StartError> {
    match location {
        StoreLocation::Sqlite(file) => {
            make_folder(file)?;
            let lock = lock(file)?;
            let store = open_file(file)?;
            Ok(Taken::File(Keeping { store, blobs: open_disk(file)? }, lock))
        }
        StoreLocation::Mongo(url) => Ok(Taken::Database(url.clone())),
    }
}

/// Opens the store beside a server that may be running on it, as `user add` does.
pub async fn open_store(location: &StoreLocation) -> Result<Arc<dyn Store>, StartError> {
    match location {
        StoreLocation::Sqlite(file) => {
            make_folder(file)?;
            open_file(file)
        }
        StoreLocation::Mongo(url) => match MongoStore::open(url).await {
            Ok(store) => Ok(Arc::new(store)),
            Err(error) => Err(StartError::Store { location: location.clone(), cause: error.to_string() }),
        },
    }
}

/// A store as a whole, to be copied from or filled.
pub struct Archived {
    /// Everything but the contents of files.
    pub archive: Arc<dyn Archive>,
    /// The contents of files.
    pub blobs: Arc<dyn Blobs>,
    /// Keeps everybody else away from a file.
    _lock: Option<File>,
}

/// Opens a store to be copied from, alone if it is a file.
pub async fn take_source(location: &StoreLocation) -> Result<Archived, StartError> {
    match location {
        // Opening makes a file where there is none, and a mistyped name would be an empty source.
        StoreLocation::Sqlite(file) if !file.is_file() => {
            Err(StartError::Store { location: location.clone(), cause: "there is no such file".to_owned() })
        }
        _ => take_archive(location).await,
    }
}

/// Opens a store to be filled, alone if it is a file.
pub async fn take_target(location: &StoreLocation) -> Result<Archived, StartError> {
    if let StoreLocation::Sqlite(file) = location {
        make_folder(file)?;
    }
    take_archive(location).await
}

async fn take_archive(location: &StoreLocation) -> Result<Archived, StartError> {
    let refused = |cause| StartError::Store { location: location.clone(), cause };
    match location {
        StoreLocation::Sqlite(file) => {
            let lock = lock(file)?;
            let store = SqliteStore::open_archive(file).map_err(|error| refused(error.to_string()))?;
            Ok(Archived { archive: Arc::new(store), blobs: open_disk(file)?, _lock: Some(lock) })
        }
        StoreLocation::Mongo(url) => {
            let store = MongoStore::open_archive(url).await.map_err(|error| refused(error.to_string()))?;
            Ok(Archived { blobs: Arc::new(store.blobs()), archive: Arc::new(store), _lock: None })
        }
    }
}

/// Opens a database, and tries again for as long as it is away.
///
/// # Errors
/// It must not be used as it is, or the time is up.
pub async fn reach(url: MongoUrl, patience: Option<Duration>) -> Result<Keeping, StartError> {
    let location = StoreLocation::Mongo(url.clone());
    // Interrupted, a driver that is connecting takes its connections with it.
    let reached = match patience {
        Some(patience) => match timeout(patience, keep_trying(url)).await {
            Ok(reached) => reached,
            Err(_) => return Err(StartError::Away { location, patience }),
        },
        None => keep_trying(url).await,
    };
    match reached {
        Ok(store) => Ok(Keeping { blobs: Arc::new(store.blobs()), store: Arc::new(store) }),
        Err(cause) => Err(StartError::Store { location, cause }),
    }
}

async fn keep_trying(url: MongoUrl) -> Result<MongoStore, String> {
    let mut pause = RETRY_FIRST;
    loop {
        match MongoStore::open(&url).await {
            Ok(store) => return Ok(store),
            Err(ConnectError::Refused(cause)) => return Err(cause),
            Err(ConnectError::Away(cause)) => {
                tracing::warn!(%cause, store = %url, "the store cannot be reached yet")
            }
        }
        sleep(pause.mul_f64(0.5 + fresh::fraction() / 2.0)).await;
        pause = (pause * 2).min(RETRY_MAX);
    }
}

fn open_disk(file: &Path) -> Result<Arc<dyn Blobs>, StartError> {
    let folder = blobs_folder(file);
    match Disk::open(&folder) {
        Ok(disk) => Ok(Arc::new(disk)),
        Err(cause) => Err(StartError::Folder { folder, cause }),
    }
}

fn open_file(file: &Path) -> Result<Arc<dyn Store>, StartError> {
    match SqliteStore::open(file) {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => {
            Err(StartError::Store { location: StoreLocation::Sqlite(file.into()), cause: error.to_string() })
        }
    }
}

/// Listens on the address of the configuration.
pub async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    let address = config.listen;
    TcpListener::bind(address).await.map_err(|cause| StartError::Listen { address, cause })
}

fn make_folder(file: &Path) -> Result<(), StartError> {
    let folder = folder_of(file);
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|cause| StartError::Folder { folder: folder.to_owned(), cause })
}

fn lock(file: &Path) -> Result<File, StartError> {
    let folder = || folder_of(file).to_owned();
    let mut path = file.as_os_str().to_owned();
    path.push(".lock");
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    // Whoever could open it could lock it as well, and keep the server from starting.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(&path).map_err(|cause| StartError::Folder { folder: folder(), cause })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(folder())),
        Err(TryLockError::Error(cause)) => Err(StartError::Folder { folder: folder(), cause }),
    }
}

/// Beside the file, and for no other: two files in one folder share no contents.
fn blobs_folder(file: &Path) -> PathBuf {
    let folder = folder_of(file);
    match file.file_name() {
        Some(name) if name != "chat.db" => {
            let mut name = name.to_owned();
            name.push(".files");
            folder.join(name)
        }
        _ => folder.join("files"),
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
