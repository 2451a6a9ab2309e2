//! Files that were dropped on the terminal, or whose paths were pasted: offered, and sent only when the user says so.

/// A file that could be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub path: String,
    pub bytes: u64,
}

/// A paste that may be one of files. It stands in the composer while the disk is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// What stood in the composer before.
    pub before: String,
    /// What stands in it with the paste.
    pub after: String,
    /// What stands in it while the files are offered: the same without a command that would take one of them only.
    pub offered: String,
}

/// The question whether the files that were pasted shall be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub files: Vec<Offered>,
    /// What stands in the composer again once they are sent.
    pub before: String,
}
