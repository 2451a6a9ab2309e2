//! Files: sent and got over HTTP, beside the socket, by transfers that go on after a lost connection.
//!
//! [`Transfers::start`] gives a handle that never waits and a bounded stream of [`TransferEvent`]s. Each transfer is one
//! task; at most [`RUNNING_MAX`] of them run at once, the others wait in line. What decides is pure: the next step of an
//! upload, the name under which a file is saved, the [`Meter`].

mod download;
mod fetch;
mod http;
mod job;
mod journal;
mod meter;
mod name;
mod partial;
mod pulse;
mod source;
mod step;
mod transfer;
mod transfers;
mod upload;

pub use meter::Meter;
pub use name::safe_name;
pub use transfer::{
    Destination, DownloadRequest, Subject, TransferChange, TransferError, TransferEvent, TransferId,
    UploadRequest,
};
pub use transfers::{RUNNING_MAX, Transfers, TransfersConfig};
