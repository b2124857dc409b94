//! Serves the built app on this machine only.

use std::fs;
use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tiny_http::{Header, Request, Response, Server};

use crate::process::command;
use crate::site::{Quality, build};
use crate::{Result, unexpected};

const DEFAULT_PORT: u16 = 8080;

/// Browsers refuse a module or a wasm file of another type.
const TYPES: &[(&str, &str)] = &[
    ("css", "text/css; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("woff2", "font/woff2"),
];

/// `cargo xtask run`.
pub fn run(arguments: &[String]) -> Result {
    let (mut quality, mut port, mut open) = (Quality::Quick, DEFAULT_PORT, true);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--release" => quality = Quality::Release,
            "--no-open" => open = false,
            "--port" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                port = number.ok_or("--port needs a number")?;
            }
            other => return Err(unexpected(other)),
        }
    }
    let folder = build(quality)?;
    let site = Site::start(folder, port)?;
    println!("Podarium is on {} (Ctrl-C ends it)", site.url);
    if open {
        open_browser(&site.url);
    }
    site.wait();
    Ok(())
}

/// A running server of one folder.
pub struct Site {
    /// Where a browser finds it.
    pub url: String,
    workers: Vec<std::thread::JoinHandle<()>>,
}

impl Site {
    /// Serves a folder on a port of this machine; port 0 takes a free one.
    pub fn start(folder: PathBuf, port: u16) -> Result<Self> {
        let server = Server::http(("127.0.0.1", port)).map_err(|error| {
            format!("port {port} of this machine: {error}. To do: stop what uses it, or --port N")
        })?;
        let url = format!("http://{}", server.server_addr());
        let (server, folder) = (Arc::new(server), Arc::new(folder));
        let workers = (0..4)
            .map(|_| {
                let (server, folder) = (Arc::clone(&server), Arc::clone(&folder));
                std::thread::spawn(move || {
                    while let Ok(request) = server.recv() {
                        answer(request, &folder);
                    }
                })
            })
            .collect();
        Ok(Self { url, workers })
    }

    fn wait(self) {
        for worker in self.workers {
            let _ = worker.join();
        }
    }
}

fn answer(request: Request, folder: &Path) {
    let found = file_of(request.url(), folder).and_then(|file| Some((fs::read(&file).ok()?, file)));
    // A browser that has gone away before its answer is no error of ours.
    let _ = match found {
        Some((content, file)) => request.respond(
            Response::from_data(content)
                .with_header(header("Content-Type", type_of(&file)))
                .with_header(header("Cache-Control", "no-cache")),
        ),
        None => request.respond(Response::from_string("404: no such file\n").with_status_code(404)),
    };
}

/// The file that an address means, if it lies within the folder.
fn file_of(url: &str, folder: &Path) -> Option<PathBuf> {
    let below = url.split(['?', '#']).next()?.trim_start_matches('/');
    let below = Path::new(if below.is_empty() { "index.html" } else { below });
    below.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(below))
}

fn type_of(file: &Path) -> &'static str {
    let end = file.extension().unwrap_or_default().to_string_lossy();
    TYPES.iter().find(|(known, _)| *known == end).map_or("application/octet-stream", |(_, name)| name)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("our own headers are plain ASCII")
}

/// Opens the address in the user's browser, where there is a user with a screen.
fn open_browser(url: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if std::io::stdout().is_terminal() && (has_screen || cfg!(target_os = "macos")) {
        // Not waited for: some stay as long as their browser. Where there is none, the address is on the screen.
        let _ = command(&[opener, url]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_within_the_folder() {
        let folder = Path::new("/site");
        assert_eq!(file_of("/?lang=ko", folder), Some(PathBuf::from("/site/index.html")));
        assert_eq!(file_of("/assets/main.css", folder), Some(PathBuf::from("/site/assets/main.css")));
        assert_eq!(file_of("/../secret", folder), None);
        assert_eq!(file_of("//etc/passwd", folder), Some(PathBuf::from("/site/etc/passwd")));
    }
}
