//! The cluster's own components. What they do is done by other crates; as processes they listen where the real ones do and answer that
//! they are well.

use network::http::Response;
use serde::{Deserialize, Serialize};
use shell::{Host, Io, Signal, Step};

use super::server::Server;

/// Component, the ports that it listens on, what it says when it starts.
const DAEMONS: [(&str, &[u16], &str); 8] = [
    ("etcd", &[2379, 2381], "{\"level\":\"info\",\"msg\":\"ready to serve client requests\"}\n"),
    ("kube-apiserver", &[6443], "Serving securely on [::]:6443\n"),
    ("kube-controller-manager", &[10_257], "Serving securely on 127.0.0.1:10257\n"),
    ("kube-scheduler", &[10_259], "Serving securely on 127.0.0.1:10259\n"),
    ("kube-proxy", &[10_249, 10_256], "\"Using iptables Proxier\"\n\"Starting service config controller\"\n"),
    (
        "coredns",
        &[53, 8080, 8181, 9153],
        ".:53\n[INFO] plugin/reload: Running configuration\nCoreDNS-1.12.0\nlinux/amd64, go1.23.3, 51e11f1\n",
    ),
    ("kindnetd", &[], "\"Starting to watch nodes\"\n"),
    ("local-path-provisioner", &[], "Provisioner started\n"),
];

/// A running component.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Daemon {
    name: String,
    started: bool,
    server: Server,
}

impl Daemon {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    pub(super) fn step<H: Host + ?Sized>(&mut self, io: &mut Io<'_>, host: &mut H) -> Step {
        if !self.started {
            self.started = true;
            io.handle_signals(&[Signal::Int, Signal::Term]);
            let Some((_, ports, greeting)) = DAEMONS.iter().find(|(name, _, _)| *name == self.name) else {
                return Step::Exit(1);
            };
            for port in *ports {
                if self.server.listen(host, io.context().netns, *port).is_err() {
                    io.err(&format!("listen tcp :{port}: bind: address already in use\n"));
                    return Step::Exit(1);
                }
            }
            io.err(greeting);
        }
        if io.take_signal().is_some() {
            self.server.close(host);
            return Step::Exit(0);
        }
        self.server.serve_http(host, |request, _| match request.path() {
            "/healthz" | "/health" | "/livez" | "/readyz" | "/ready" => {
                Response::new(200, "text/plain; charset=utf-8", "ok")
            }
            _ => Response::new(404, "text/plain; charset=utf-8", "404 page not found\n"),
        });
        Step::Wait(self.server.wait())
    }
}
