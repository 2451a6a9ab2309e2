//! nginx as a plain static file server, to compare with.

use anyhow::Context;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Ends with this.
pub struct Nginx {
    pub address: SocketAddr,
    _folder: TempDir,
    _child: Child,
}

impl Nginx {
    /// Serves a folder on a free port of the loopback, as Debian's configuration does.
    pub async fn serve(root: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (home, root) = (folder.path().display(), root.display());
        // Started by root, its workers would be another user, who may not read the files.
        let user = if std::env::var("USER").is_ok_and(|user| user != "root") { "" } else { "user root;" };
        let config = format!(
            "{user} pid {home}/pid; error_log {home}/error.log;
             events {{ worker_connections 768; }}
             http {{ sendfile on; tcp_nopush on; access_log off; client_body_temp_path {home}/body;
               proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi;
               scgi_temp_path {home}/scgi; server {{ listen {address}; root {root}; }} }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, config)?;
        let mut command = Command::new("nginx");
        command
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&file)
            .args(["-g", "daemon off; master_process off;"]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().context("nginx cannot be started; is it installed?")?;
        for _ in 0..200 {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { address, _folder: folder, _child: child });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("nginx does not listen")
    }
}
