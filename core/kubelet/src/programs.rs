//! The programs in images that are not utilities of the shell: web servers, the books' example applications, the cluster's own
//! components. Each is plain data that is stepped; an idle one sleeps until somebody connects.

mod daemon;
mod node_app;
mod pause;
mod redis;
mod sample_app;
mod server;
mod web_server;

use serde::{Deserialize, Serialize};
use shell::{Host, Io, Step};

pub use daemon::Daemon;
pub use node_app::NodeApp;
pub use pause::Pause;
pub use redis::Redis;
pub use sample_app::SampleApp;
pub use web_server::WebServer;

/// A running program of an image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Program {
    /// nginx, Apache or BusyBox httpd.
    WebServer(WebServer),
    /// A Node.js application that answers with a text.
    NodeApp(NodeApp),
    /// A small web application of the notes.
    SampleApp(SampleApp),
    /// Redis.
    Redis(Redis),
    /// What holds a sandbox.
    Pause(Pause),
    /// A component of the cluster: it says that it is well.
    Daemon(Daemon),
}

impl Program {
    /// The names under which images hold these programs.
    pub const NAMES: [&str; 20] = [
        "nginx",
        "httpd-foreground",
        "busybox-httpd",
        "node",
        "http-go",
        "agnhost",
        "goproxy",
        "echo-hostname",
        "tomcat",
        "jenkins",
        "redis-server",
        "pause",
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kube-proxy",
        "coredns",
        "kindnetd",
        "local-path-provisioner",
    ];

    /// Whether there is a program of this name.
    #[must_use]
    pub fn exists(name: &str) -> bool {
        Self::NAMES.contains(&name)
    }

    /// Starts a program; `args[0]` is how it was called.
    #[must_use]
    pub fn start(name: &str, args: &[String]) -> Option<Self> {
        Some(match name {
            "nginx" => Self::WebServer(WebServer::nginx()),
            "httpd-foreground" => Self::WebServer(WebServer::apache()),
            "busybox-httpd" => Self::WebServer(WebServer::busybox(args)),
            "node" => Self::NodeApp(NodeApp::new(args)),
            "http-go" | "agnhost" | "goproxy" | "echo-hostname" | "tomcat" | "jenkins" => {
                Self::SampleApp(SampleApp::new(name, args))
            }
            "redis-server" => Self::Redis(Redis::new(args)),
            "pause" => Self::Pause(Pause::default()),
            name if Self::exists(name) => Self::Daemon(Daemon::new(name)),
            _ => return None,
        })
    }

    /// Runs until the program ends or blocks.
    pub fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        match self {
            Self::WebServer(program) => program.step(io, host),
            Self::NodeApp(program) => program.step(io, host),
            Self::SampleApp(program) => program.step(io, host),
            Self::Redis(program) => program.step(io, host),
            Self::Pause(program) => program.step(io),
            Self::Daemon(program) => program.step(io, host),
        }
    }
}
