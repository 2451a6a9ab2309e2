//! What a server takes hold of before it serves: its data folder, the lock on it, the store, the port.

use crate::config::{Config, StoreLocation};
use crate::store::{SqliteStore, Store};
use std::fs::{DirBuilder, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

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
    /// The store's file cannot be opened.
    #[error("cannot open the store {}: {cause}", .file.display())]
    Store {
        /// Which one.
        file: PathBuf,
        /// What the store says.
        cause: String,
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

/// The store, and the lock that keeps a second server away from it.
pub struct Held {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Unlocked when it is dropped, also by a crash.
    pub lock: File,
}

/// Takes the data and nothing else may.
pub fn take_store(location: &StoreLocation) -> Result<Held, StartError> {
    let StoreLocation::Sqlite(file) = location;
    make_folder(file)?;
    let lock = lock(file)?;
    Ok(Held { store: open_store(location)?, lock })
}

/// Opens the store beside a server that may be running on it, as `user add` does.
pub fn open_store(location: &StoreLocation) -> Result<Arc<dyn Store>, StartError> {
    let StoreLocation::Sqlite(file) = location;
    make_folder(file)?;
    match SqliteStore::open(file) {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(StartError::Store { file: file.clone(), cause: error.to_string() }),
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

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
