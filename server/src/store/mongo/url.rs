//! A `mongodb://` address, which may hold a password and so is never shown whole.

use mongodb::options::{ConnectionString, HostInfo};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The database when the address names none.
const DATABASE: &str = "chat";

/// Where a MongoDB is, and how to log in to it.
#[derive(Clone, PartialEq)]
pub struct MongoUrl {
    parsed: Arc<ConnectionString>,
    shown: Arc<str>,
}

/// Why a text is no such address. It does not show the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMongoUrl(String);

impl MongoUrl {
    /// The database's name.
    pub fn database(&self) -> &str {
        self.parsed.default_database.as_deref().unwrap_or(DATABASE)
    }

    /// The address as the driver reads it.
    pub(super) fn connection_string(&self) -> ConnectionString {
        ConnectionString::clone(&self.parsed)
    }
}

impl FromStr for MongoUrl {
    type Err = BadMongoUrl;

    fn from_str(url: &str) -> Result<Self, BadMongoUrl> {
        if url.starts_with("mongodb+srv://") {
            return Err(BadMongoUrl(
                "mongodb+srv is not supported; name the hosts: mongodb://HOST,HOST/DATABASE".to_owned(),
            ));
        }
        let parsed = ConnectionString::parse(url).map_err(|error| {
            let cause = match *error.kind {
                mongodb::error::ErrorKind::InvalidArgument { message, .. } => message,
                other => other.to_string(),
            };
            BadMongoUrl(without_password(&cause, url))
        })?;
        let HostInfo::HostIdentifiers(hosts) = &parsed.host_info else {
            return Err(BadMongoUrl("it names no hosts".to_owned()));
        };
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        let database = parsed.default_database.as_deref().unwrap_or(DATABASE);
        let shown = format!("mongodb://{}/{database}", hosts.join(","));
        Ok(Self { parsed: Arc::new(parsed), shown: shown.into() })
    }
}

/// Whatever of the address may belong to a password, also one with characters that should have been encoded, is blanked.
fn without_password(cause: &str, url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    // Without a host, what should be the login is taken for one.
    let login = after_scheme.rsplit_once('@').map_or(after_scheme, |(login, _)| login);
    let login =
        if after_scheme.contains('@') { login } else { login.split(['/', '?']).next().unwrap_or(login) };
    let Some((_, password)) = login.split_once(':') else { return cause.to_owned() };
    if !after_scheme.contains('@')
        && password.bytes().all(|byte| byte.is_ascii_digit() || b":,[]".contains(&byte))
    {
        return cause.to_owned();
    }
    let pieces = password.split([':', '/', '@', '?', ',', '&', '=']).filter(|piece| !piece.is_empty());
    pieces.fold(cause.to_owned(), |shown, piece| shown.replace(piece, "***"))
}

impl fmt::Display for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for MongoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl Eq for MongoUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        let url: MongoUrl = "mongodb://ann:s3cret@db1:27018,db2/talk?replicaSet=rs0".parse().unwrap();
        assert_eq!(url.to_string(), "mongodb://db1:27018,db2:27017/talk");
        assert_eq!(format!("{url:?}"), url.to_string());
        assert_eq!(url.database(), "talk");
        assert_eq!("mongodb://db1".parse::<MongoUrl>().unwrap().database(), "chat");
    }

    #[test]
    fn what_is_wrong_is_named_and_the_password_is_not() {
        for (url, named) in [
            ("mongodb://localhost/?replicaset=rs0&sharks=1", "sharks"),
            ("mongodb://localhost/?w=-3", "w"),
            ("mongodb://localhost:99999", "99999"),
            ("mongodb://", ""),
            ("mongodb://ann:s3cret@localhost/?sharks=1", "sharks"),
            ("mongodb://ann:s3cret", ""),
            ("mongodb://ann:s3cret/chat", ""),
            ("mongodb://ann:s3c/ret@localhost", ""),
            ("mongodb://ann:s3c?ret@localhost", ""),
            ("mongodb://ann:s3c@ret@localhost", ""),
            ("mongodb://ann:s3c%zzret@localhost", ""),
            ("mongodb+srv://ann:s3cret@cluster.example.org", "srv"),
            ("postgres://ann:s3cret@localhost", ""),
        ] {
            let error = url.parse::<MongoUrl>().expect_err(url).to_string();
            assert!(error.contains(named) && !error.contains('\n'), "{url}: {error}");
            assert!(!error.contains("s3c") && !error.contains("ret@"), "{url}: {error}");
        }
    }
}
