//! The way of SQLite's log to the disk: what is written to it is gathered, and goes there when it is to be synced.
//!
//! SQLite writes each page of a commit with two calls, and a commit can have hundreds of pages. Nobody else looks at one before its
//! commit is synced, so a few calls for all of them do. In everything else this is the system's way to the disk (its VFS).
//! Beside it stands the sync of the file that the log is copied into.
#![allow(unsafe_code)] // SQLite takes it as two tables of C functions.

use rusqlite::Connection;
use rusqlite::ffi::{
    Error, SQLITE_FCNTL_FILE_POINTER, SQLITE_IOERR_READ, SQLITE_NOTFOUND, SQLITE_OK, SQLITE_OPEN_WAL,
    SQLITE_SYNC_NORMAL, sqlite3_file, sqlite3_file_control, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs,
    sqlite3_vfs_find, sqlite3_vfs_register,
};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;

/// Bytes that are gathered at most: SQLite's way to the disk takes no more than 17 bits of them in one call.
const GATHERED_MAX: usize = (1 << 17) - 1;

/// The name under which SQLite knows this way. It is for a connection that syncs each commit (`synchronous` is `FULL`), or others
/// would look for one that is still gathered; and that writes nothing before a commit (`cache_spill` is off), or what was
/// gathered of an undone transaction would be written over what another process has committed since. In a file whose neighbouring
/// bytes a write may damage (`psow=0`, which nobody has who does not ask for it) a commit's end is written after its sync: it is not for that.
pub fn gathering() -> &'static CStr {
    const NAME: &CStr = c"gathering";
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the system's table is there as long as the program runs, and so is this copy of it. The functions that are
        // copied make nothing of the table that they are called by.
        unsafe {
            let system = *system();
            let room = c_int::try_from(size_of::<Log>()).unwrap_or(c_int::MAX);
            let (name, size) = (NAME.as_ptr(), system.szOsFile.saturating_add(room));
            let vfs = sqlite3_vfs { szOsFile: size, zName: name, xOpen: Some(open), ..system };
            sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0);
        }
    });
    NAME
}

/// Syncs the file of the database. It is done through SQLite's own handle: whoever closes another one ends all locks that this
/// process has on the file.
pub fn sync_database(db: &Connection) -> rusqlite::Result<()> {
    let mut file: *mut sqlite3_file = std::ptr::null_mut();
    // SAFETY: the connection is open as long as it is borrowed, and so is its file, which nobody else uses meanwhile.
    let code = unsafe {
        let place = (&raw mut file).cast();
        match sqlite3_file_control(db.handle(), c"main".as_ptr(), SQLITE_FCNTL_FILE_POINTER, place) {
            SQLITE_OK => match (*(*file).pMethods).xSync {
                Some(sync) => sync(file, SQLITE_SYNC_NORMAL),
                None => SQLITE_NOTFOUND,
            },
            failed => failed,
        }
    };
    if code == SQLITE_OK { Ok(()) } else { Err(rusqlite::Error::SqliteFailure(Error::new(code), None)) }
}

fn system() -> *mut sqlite3_vfs {
    // SAFETY: SQLite always has a default.
    unsafe { sqlite3_vfs_find(std::ptr::null()) }
}

/// What SQLite takes for the file of a log. The system's own file stands behind it, in the room that SQLite made for both.
#[repr(C)]
struct Log {
    file: sqlite3_file,
    /// Where what is gathered belongs.
    at: sqlite3_int64,
    gathered: Vec<u8>,
}

impl Log {
    fn takes(&self, at: sqlite3_int64, count: usize) -> bool {
        let next = self.at + self.gathered.len() as sqlite3_int64;
        at == next && self.gathered.len() + count <= GATHERED_MAX
    }
}

// SAFETY of all that follows: SQLite hands each function what the interface of a VFS says, a `file` that `open` has made and
// has not failed for, by one thread at a time, and not after `close`.

unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    unsafe {
        let system = system();
        let Some(open) = (*system).xOpen else { return SQLITE_NOTFOUND };
        if flags & SQLITE_OPEN_WAL == 0 {
            return open(system, name, file, flags, flags_out);
        }
        let log = file.cast::<Log>();
        let code = open(system, name, log.add(1).cast(), flags, flags_out);
        if code == SQLITE_OK {
            log.write(Log { file: sqlite3_file { pMethods: &METHODS }, at: 0, gathered: Vec::new() });
        }
        code
    }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    // Nobody asks a log for the rest.
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// Has the system's file do it.
macro_rules! by_the_system {
    ($file:ident.$method:ident($($value:expr),*)) => {{
        let system = $file.cast::<Log>().add(1).cast::<sqlite3_file>();
        match (*(*system).pMethods).$method {
            Some(method) => method(system, $($value),*),
            None => SQLITE_NOTFOUND,
        }
    }};
}

/// Methods that the system's file does, after all that is gathered has been written.
macro_rules! after_writing {
    ($($name:ident = $method:ident($($value:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($value: $kind),*) -> c_int {
            unsafe {
                match write_gathered(file) {
                    SQLITE_OK => by_the_system!(file.$method($($value),*)),
                    failed => failed,
                }
            }
        }
    )*};
}

after_writing! {
    truncate = xTruncate(size: sqlite3_int64);
    sync = xSync(flags: c_int);
    size = xFileSize(size: *mut sqlite3_int64);
    lock = xLock(level: c_int);
    unlock = xUnlock(level: c_int);
    check_lock = xCheckReservedLock(is_locked: *mut c_int);
    control = xFileControl(operation: c_int, value: *mut c_void);
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    unsafe {
        let bytes = std::slice::from_raw_parts(bytes.cast::<u8>(), usize::try_from(count).unwrap_or(0));
        let log = file.cast::<Log>();
        if !(*log).takes(at, bytes.len()) {
            let code = write_gathered(file);
            if code != SQLITE_OK {
                return code;
            }
            (*log).at = at;
        }
        (*log).gathered.extend_from_slice(bytes);
        SQLITE_OK
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    bytes: *mut c_void,
    count: c_int,
    at: sqlite3_int64,
) -> c_int {
    unsafe {
        match write_gathered(file) {
            SQLITE_OK => by_the_system!(file.xRead(bytes, count, at)),
            // Nothing is gathered while a connection that spills nothing reads. Of others SQLite undoes the whole transaction for
            // this error, and for a full disk only a statement.
            _ => SQLITE_IOERR_READ,
        }
    }
}

/// What could not be written is gone: it belongs to the commit under way, and SQLite undoes all of that.
unsafe fn write_gathered(file: *mut sqlite3_file) -> c_int {
    unsafe {
        let Log { at, gathered, .. } = &mut *file.cast::<Log>();
        let Ok(count @ 1..) = c_int::try_from(gathered.len()) else { return SQLITE_OK };
        let code = by_the_system!(file.xWrite(gathered.as_ptr().cast(), count, *at));
        gathered.clear();
        code
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    unsafe {
        // What is not synced by now belongs to no commit.
        drop(std::mem::take(&mut (*file.cast::<Log>()).gathered));
        by_the_system!(file.xClose())
    }
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    unsafe { by_the_system!(file.xSectorSize()) }
}

unsafe extern "C" fn characteristics(file: *mut sqlite3_file) -> c_int {
    unsafe { by_the_system!(file.xDeviceCharacteristics()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, OpenFlags, Result};
    use std::path::Path;

    /// A connection with so little room that it writes pages long before their commit, and reads them again. Where no other one
    /// writes, that is fine.
    fn opened(path: &Path) -> Result<Connection> {
        let db = Connection::open_with_flags_and_vfs(path, OpenFlags::default(), gathering())?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 10;
             CREATE TABLE numbers (number INTEGER PRIMARY KEY, more TEXT NOT NULL);",
        )?;
        Ok(db)
    }

    fn add(db: &Connection, count: usize) -> Result<()> {
        let sql = "INSERT INTO numbers (more) VALUES (hex(randomblob(200)))";
        (0..count).try_for_each(|_| db.execute(sql, []).map(drop))
    }

    fn numbers(db: &Connection) -> usize {
        db.query_row("SELECT count(*) FROM numbers WHERE length(more) = 400", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_commit_is_in_the_file_when_it_returns_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let db = opened(&path).unwrap();
        let reader = Connection::open(&path).unwrap();
        let mut expected = 0;
        // The log is begun anew where it has been copied into the file.
        db.pragma_update(None, "wal_autocheckpoint", 500).unwrap();
        for round in 0..30 {
            db.execute_batch("BEGIN").unwrap();
            add(&db, 200).unwrap();
            db.execute_batch("SAVEPOINT job").unwrap();
            add(&db, 100).unwrap();
            assert_eq!((numbers(&db), numbers(&reader)), (expected + 300, expected));
            db.execute_batch("ROLLBACK TO job").unwrap();
            assert_eq!(numbers(&db), expected + 200);
            db.execute_batch(if round % 3 == 0 { "ROLLBACK" } else { "COMMIT" }).unwrap();
            expected += if round % 3 == 0 { 0 } else { 200 };
            assert_eq!((numbers(&db), numbers(&reader)), (expected, expected));
        }
        // With room for all of it, it is written when it is committed, and is more than one call takes.
        db.pragma_update(None, "cache_size", -16_000).unwrap();
        db.execute_batch("BEGIN").unwrap();
        add(&db, 2000).unwrap();
        db.execute_batch("COMMIT").unwrap();
        expected += 2000;
        assert_eq!((numbers(&db), numbers(&reader)), (expected, expected));
        // As a crash leaves them.
        let crashed = tempfile::tempdir().unwrap();
        for name in ["a.db", "a.db-wal"] {
            std::fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
        }
        let left = Connection::open(crashed.path().join("a.db")).unwrap();
        assert_eq!(numbers(&left), expected);
        let checked: String = left.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(checked, "ok");
        drop(reader);
        db.close().unwrap();
        assert!(!folder.path().join("a.db-wal").exists(), "the log was copied into the file");
        assert_eq!(numbers(&Connection::open(&path).unwrap()), expected);
    }
}
