//! Somebody who is logged in, by the name that the story gives them.

use crate::{Wire, in_time};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// One logged-in device of somebody.
pub struct Person {
    /// Their name.
    pub name: String,
    /// The device's token.
    pub token: String,
    /// The device's id.
    pub device: String,
    wire: Wire,
}

impl Deref for Person {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

impl Person {
    /// Somebody new.
    pub async fn registers(server: SocketAddr, name: &str) -> Self {
        Self::enters(server, json!({"type": "register", "version": 1, "user": name, "password": PASSWORD}))
            .await
    }

    /// Somebody known, on a new device.
    pub async fn logs_in(server: SocketAddr, name: &str) -> Self {
        Self::enters(server, json!({"type": "login", "version": 1, "user": name, "password": PASSWORD})).await
    }

    /// A known device.
    pub async fn returns(server: SocketAddr, token: &str) -> Self {
        Self::enters(server, json!({"type": "hello", "version": 1, "token": token})).await
    }

    /// Closes the socket without a word.
    pub fn vanishes_now(self) {
        self.wire.vanishes();
    }

    /// Keeps the socket open, but never reads or answers again.
    pub fn falls_asleep(self) -> tokio::net::TcpStream {
        self.wire.falls_asleep()
    }

    /// Another connection of the same device.
    pub async fn again(&self, server: SocketAddr) -> Self {
        Self::returns(server, &self.token).await
    }

    /// Deletes the account, on a connection of its own; somebody else takes the name at once.
    pub async fn leaves_the_name(self, server: SocketAddr) -> Self {
        let mut leaving = self.again(server).await;
        let gone = leaving.asks(json!({"type": "delete_account", "password": PASSWORD})).await;
        assert_eq!(gone["type"], "ok", "{gone}");
        Self::registers(server, &self.name).await
    }

    /// Nobody has ever said anything to them.
    pub async fn has_heard_nothing(&mut self) {
        assert_eq!(self.asks(json!({"type": "list"})).await["conversations"], json!([]));
        self.has_no_push("entry").await;
    }

    async fn enters(server: SocketAddr, request: Value) -> Self {
        let mut wire = Wire::dial(server).await;
        let welcome = wire.asks(request.clone()).await;
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let token = text(&welcome["token"]).or(text(&request["token"])).unwrap();
        Self { name: text(&welcome["user"]).unwrap(), token, device: text(&welcome["device"]).unwrap(), wire }
    }

    /// Looks until the index has followed: so many messages are found.
    pub async fn searches(&mut self, query: &str, count: usize) -> Value {
        let looking = async {
            loop {
                let found = self.asks(json!({"type": "search", "query": query, "limit": 50})).await;
                if found["hits"].as_array().is_some_and(|hits| hits.len() == count) {
                    return found;
                }
            }
        };
        in_time(&format!("{count} hits of {query:?}"), looking).await
    }

    /// Sends a text under a fresh client id and waits for the ack.
    pub async fn sends(&mut self, to: &str, text: &str) -> Value {
        let ack = self.sends_as(&fresh_client_id(), to, text).await;
        assert_eq!(ack["type"], "ack", "{ack}");
        ack
    }

    /// Sends a text under this client id; gives whatever the server answers.
    pub async fn sends_as(&mut self, client_id: &str, to: &str, text: &str) -> Value {
        self.asks(json!({"type": "send", "to": to, "client_id": client_id, "text": text})).await
    }

    /// Appends something else than a message to a conversation under a fresh client id; gives whatever the server answers.
    pub async fn does(&mut self, kind: &str, conversation: &Value, seq: u64, more: Value) -> Value {
        let client_id = fresh_client_id();
        let mut request =
            json!({"type": kind, "conversation": conversation, "seq": seq, "client_id": client_id});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.asks(request).await
    }

    /// The entry of a conversation under this number, as it is told now.
    pub async fn finds(&mut self, conversation: &Value, seq: u64) -> Value {
        let page = json!({"type": "history", "conversation": conversation, "before": seq + 1, "limit": 1});
        let page = self.asks(page).await;
        assert_eq!(page["entries"][0]["seq"], seq, "{page}");
        page["entries"][0].clone()
    }

    /// Waits for the next entry and checks whose it is and what it says.
    pub async fn expects(&mut self, from: &str, text: &str) -> Value {
        let entry = self.push("entry").await;
        assert_eq!((&entry["from"], &entry["text"]), (&json!(from), &json!(text)), "{entry}");
        entry
    }

    /// Waits until somebody is online, or offline. What came before is passed over.
    pub async fn sees(&mut self, user: &str, online: bool) -> Value {
        loop {
            let presence = self.push("presence").await;
            if presence["user"] == user && presence["online"] == online {
                return presence;
            }
        }
    }

    /// The summary of the conversation with somebody.
    pub async fn opens(&mut self, peer: &str) -> Value {
        let opened = self.asks(json!({"type": "open", "to": peer})).await;
        assert_eq!(opened["type"], "opened", "{opened}");
        opened["summary"].clone()
    }

    /// The whole conversation with somebody, page by page: numbers and texts.
    pub async fn reads_all(&mut self, peer: &str) -> Vec<(u64, String)> {
        let conversation = self.opens(peer).await["conversation"].clone();
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let request =
                json!({"type": "history", "conversation": conversation, "after": after, "limit": 200});
            let page = self.asks(request).await;
            let entries = page["entries"].as_array().expect("a page has entries");
            // Nothing is left to be read when the log begins behind its head.
            after = if entries.is_empty() { page["head"].as_u64().unwrap() } else { after };
            for entry in entries {
                after = entry["seq"].as_u64().unwrap();
                all.push((after, entry["text"].as_str().unwrap().to_owned()));
            }
            if after >= page["head"].as_u64().unwrap() {
                return all;
            }
        }
    }
}

/// An id that no other send of this process has.
fn fresh_client_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("c-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
