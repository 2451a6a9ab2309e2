//! A real Chromium, driven through chromedriver, and what a person sees and does in it.

use crate::{PASSWORD, PATIENCE, in_time};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::Instant;
use url::{ParseError, Url};

/// Keys as WebDriver names them.
pub mod key {
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// Backspace.
    pub const BACKSPACE: &str = "\u{e003}";
    /// Escape.
    pub const ESCAPE: &str = "\u{e00c}";
    /// The arrow up.
    pub const UP: &str = "\u{e013}";
    /// The arrow down.
    pub const DOWN: &str = "\u{e015}";
    /// End.
    pub const END: &str = "\u{e010}";
    /// F1.
    pub const F1: &str = "\u{e031}";
    /// Shift, held down until the end of what is typed or [`RELEASE`].
    pub const SHIFT: &str = "\u{e008}";
    /// Control, held down likewise.
    pub const CONTROL: &str = "\u{e009}";
    /// Alt, held down likewise.
    pub const ALT: &str = "\u{e00a}";
    /// Lets go of all that is held down.
    pub const RELEASE: &str = "\u{e000}";
}

/// A browser with a profile of its own. It ends, and is waited for, when this is dropped.
pub struct Browser {
    client: Client,
    session: String,
    address: SocketAddr,
    _driver: Child,
    /// The profile, and all that both programs put down for a while.
    folder: TempDir,
}

impl Browser {
    /// Starts one.
    ///
    /// # Panics
    /// There is no Chromium or no chromedriver: a missing browser is a failure, not a reason to skip.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (driver, address) = start_driver(folder.path()).await;
        let capabilities = capabilities(&folder.path().join("profile"));
        let started = async {
            ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://{address}"))
                .await
        };
        let client = in_time("Chromium to start", started).await.expect("Chromium starts");
        let session = client.session_id().await.unwrap().expect("it has a session");
        Self { client, session, address, _driver: driver, folder }
    }

    /// Opens the page of a server.
    pub async fn opens(&self, server: SocketAddr) {
        self.client.goto(&page_of(server)).await.expect("the page loads");
    }

    /// Loads the page again.
    pub async fn reloads(&self) {
        self.client.refresh().await.expect("the page loads");
    }

    /// Presses the browser's own button that goes back.
    pub async fn goes_back(&self) {
        self.client.back().await.unwrap();
    }

    /// Opens the page and makes an account from the first screen on, as a person does.
    pub async fn registers(&self, server: SocketAddr, name: &str) {
        self.opens(server).await;
        self.sees("#door-form").await;
        self.clicks("#door-other").await;
        self.enters_door(name, PASSWORD).await;
        self.sees("#find").await;
        self.is_live().await;
    }

    /// Fills in the door and presses Enter.
    pub async fn enters_door(&self, name: &str, password: &str) {
        self.fills("#door-name", name).await;
        self.fills("#door-password", password).await;
        self.types(key::ENTER).await;
    }

    /// Begins a conversation by somebody's name.
    pub async fn begins(&self, name: &str) {
        self.fills("#find", name).await;
        self.types(key::ENTER).await;
        self.shows("#talk-name", name).await;
        self.sees("#text").await;
    }

    /// Writes a message into the composer and presses Enter.
    pub async fn says(&self, text: &str) {
        self.clicks("#text").await;
        self.types(&format!("{text}{}", key::ENTER)).await;
    }

    /// Waits until there is a connection, and everything on it is known.
    pub async fn is_live(&self) {
        self.waits("a live connection", "!$('#app').hidden && !$('#status').classList.contains('shown')")
            .await;
    }

    /// Waits until an own message has this mark.
    pub async fn marks(&self, text: &str, state: &str) {
        let condition = format!(
            "$$('.message.{state}').some((one) => one.querySelector('.text').textContent === {})",
            json!(text)
        );
        self.waits(&format!("{text:?} to be {state}"), &condition).await;
    }

    /// Waits until a message with exactly this text is shown.
    pub async fn reads(&self, text: &str) {
        let condition = format!("$$('.text').some((one) => one.textContent === {})", json!(text));
        self.waits(&format!("the message {text:?}"), &condition).await;
    }

    /// All messages that are shown, from the top down.
    pub async fn texts(&self) -> Vec<String> {
        let texts = self.evaluates("$$('.text').map((one) => one.textContent)").await;
        serde_json::from_value(texts).unwrap()
    }

    /// Waits until an element can be seen.
    pub async fn sees(&self, selector: &str) {
        self.waits(&format!("{selector} to be seen"), &format!("$('{selector}').checkVisibility()")).await;
    }

    /// Waits until an element cannot be seen.
    pub async fn no_longer_sees(&self, selector: &str) {
        self.waits(&format!("{selector} to go"), &format!("!$('{selector}')?.checkVisibility()")).await;
    }

    /// Waits until an element that can be seen contains this text.
    pub async fn shows(&self, selector: &str, text: &str) {
        let condition = format!(
            "$$('{selector}').some((one) => one.checkVisibility() && one.textContent.includes({}))",
            json!(text)
        );
        self.waits(&format!("{text:?} in {selector}"), &condition).await;
    }

    /// Waits until this element has the keyboard.
    pub async fn has_focus(&self, selector: &str) {
        let condition = format!("document.activeElement === $('{selector}')");
        self.waits(&format!("the focus on {selector}"), &condition).await;
    }

    /// Clicks on an element once it can be seen.
    pub async fn clicks(&self, selector: &str) {
        self.sees(selector).await;
        let element = self.client.find(Locator::Css(selector)).await.unwrap();
        element.click().await.unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Clicks into a field and types a text in place of what stands there.
    pub async fn fills(&self, selector: &str, text: &str) {
        self.sees(selector).await;
        let element = self.client.find(Locator::Css(selector)).await.unwrap();
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Chooses files for the next message, as the dialog that opens does.
    pub async fn chooses(&self, files: &[&Path]) {
        let paths: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let input = self.client.find(Locator::Css("#file")).await.unwrap();
        input.send_keys(&paths.join("\n")).await.expect("the files can be chosen");
    }

    /// Clicks on a link, and waits for the file that it leads to; its name and its bytes.
    pub async fn downloads(&self, selector: &str) -> (String, Vec<u8>) {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let behaviour = json!({"behavior": "allow", "downloadPath": folder.path()});
        self.commands("Browser.setDownloadBehavior", behaviour).await;
        self.clicks(selector).await;
        let arrived = async {
            loop {
                let found = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
                // Until it is whole, it has another name, and an empty file may hold its own for it.
                if let Some(file) = found.into_iter().find(|path| is_whole(path) && !is_empty(path)) {
                    return file;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let file = in_time("the download", arrived).await;
        (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&file).unwrap())
    }

    /// Presses keys, wherever the focus is. See [`key`]. Only characters of the basic plane can be typed.
    pub async fn types(&self, keys: &str) {
        let element = self.client.active_element().await.expect("something has the focus");
        element.send_keys(keys).await.unwrap_or_else(|error| panic!("typing {keys:?}: {error}"));
    }

    /// The value of an expression in the page.
    pub async fn evaluates(&self, expression: &str) -> Value {
        let script = format!("{SHORTHANDS} return {expression};");
        self.client.execute(&script, Vec::new()).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Runs statements in the page; the value of what they return, once it is there. `input` is given to them.
    pub async fn runs(&self, statements: &str, input: Value) -> Value {
        let script = format!(
            "const [input, done] = arguments; {SHORTHANDS}
             (async () => {{ {statements} }})().then(done, (error) => done({{ error: String(error) }}));"
        );
        let value = self.client.execute_async(&script, vec![input]).await.expect("the script runs");
        assert_eq!(value.get("error"), None, "{statements}");
        value
    }

    /// Waits until an expression is true in the page. It may throw, or the page may be loaded anew, before.
    pub async fn waits(&self, what: &str, condition: &str) {
        let deadline = Instant::now() + PATIENCE;
        let script = format!(
            "const done = arguments[0]; {SHORTHANDS}
             const holds = () => {{ try {{ return {condition}; }} catch {{ return false; }} }};
             const look = () => holds() ? done(true) : setTimeout(look, 10);
             look();"
        );
        loop {
            match self.client.execute_async(&script, Vec::new()).await {
                Ok(_) => return,
                // The page went away under the script: look at the one that came.
                Err(error) if Instant::now() < deadline && !error.is_script_timeout() => {}
                Err(error) => {
                    let page = self.evaluates("document.body.innerText").await;
                    panic!(
                        "waited in vain for {what} ({error}); the page shows:\n{}",
                        page.as_str().unwrap()
                    );
                }
            }
        }
    }

    /// Gives the page this size, as a screen does, in either colour scheme.
    pub async fn has_screen(&self, (width, height): (u32, u32), scheme: &str) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.commands("Emulation.setDeviceMetricsOverride", metrics).await;
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.commands("Emulation.setEmulatedMedia", features).await;
    }

    /// A picture of the page, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// What the page's window is called.
    pub async fn title(&self) -> String {
        self.client.title().await.unwrap()
    }

    /// Opens another tab and goes there.
    pub async fn opens_tab(&self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.goes_to(&tab).await;
        tab
    }

    /// The tab that is looked at.
    pub async fn tab(&self) -> WindowHandle {
        self.client.window().await.unwrap()
    }

    /// Looks at another tab.
    pub async fn goes_to(&self, tab: &WindowHandle) {
        self.client.switch_to_window(tab.clone()).await.unwrap();
    }

    /// Closes the tab that is looked at.
    pub async fn closes_tab(&self) {
        self.client.close_window().await.unwrap();
    }

    /// What the browser has complained of in the page's console since it was last asked, but for answers that are no
    /// success: a page that asks whether one is logged in may be told that one is not.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.asks("se/log", json!({"type": "browser"})).await;
        let complaints = entries.as_array().expect("the log is a list").iter();
        let complaints = complaints.filter(|entry| entry["source"] != "network");
        complaints.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// A command of the Chrome DevTools protocol.
    pub async fn commands(&self, command: &str, params: Value) -> Value {
        self.asks("goog/cdp/execute", json!({"cmd": command, "params": params})).await
    }

    async fn asks(&self, path: &'static str, body: Value) -> Value {
        self.client
            .issue_cmd(Extension { path, body })
            .await
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Asks the driver to end Chromium, and waits until it has.
    fn ends(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (session, host) = (&self.session, self.address);
        write!(
            stream,
            "DELETE /session/{session} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )?;
        stream.read(&mut [0; 64]).map(drop)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without an answer, Chromium is killed by the system when its driver is.
        let _ = self.ends();
    }
}

/// What chromedriver knows beyond WebDriver.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, driver: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        driver.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// How often the driver may find its port taken.
const DRIVER_STARTS_MAX: u32 = 5;

/// Short names for what every condition needs.
const SHORTHANDS: &str = "const $ = (selector) => document.querySelector(selector);
    const $$ = (selector) => [...document.querySelectorAll(selector)];";

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.len() == 0)
}

fn is_whole(download: &Path) -> bool {
    download.extension().is_none_or(|extension| extension != "crdownload")
        && !download.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// The address as people type it.
fn page_of(server: SocketAddr) -> String {
    format!("http://localhost:{}/", server.port())
}

/// The driver takes a free port of IPv6 and then the same one of IPv4, and ends when that is somebody else's.
async fn start_driver(folder: &Path) -> (Child, SocketAddr) {
    for _ in 0..DRIVER_STARTS_MAX {
        if let Some(started) = try_driver(folder).await {
            return started;
        }
    }
    panic!("chromedriver ends without having told its port");
}

/// Starts the driver; none when it ends before it has told its port.
async fn try_driver(folder: &Path) -> Option<(Child, SocketAddr)> {
    let mut command = Command::new("chromedriver");
    command
        .arg("--port=0")
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut driver = command.kill_on_drop(true).spawn().expect("chromedriver is on the PATH");
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let port = in_time("chromedriver's port", async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let port = line.rsplit(' ').next().and_then(|word| word.trim_end_matches('.').parse().ok());
            if let (true, Some(port)) = (line.contains("success"), port) {
                return Some(port);
            }
        }
        None
    })
    .await?;
    // What it still has to say must not fill its pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Some((driver, SocketAddr::from(([127, 0, 0, 1], port))))
}

fn capabilities(profile: &Path) -> Capabilities {
    let folder = format!("--user-data-dir={}", profile.display());
    let args = [
        folder.as_str(),
        "--headless=new",
        // Chromium's own sandbox does not work as root; the pages are our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        "--lang=en-GB",
        "--window-size=1200,750",
    ];
    let capabilities = json!({
        "goog:chromeOptions": {"args": args},
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"script": PATIENCE.as_millis() as u64},
    });
    capabilities.as_object().unwrap().clone()
}
