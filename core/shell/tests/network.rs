//! `curl`, `wget`, `nslookup` and `nc` against a network that answers by port.

use std::collections::BTreeMap;

use engine::{Duration, Instant, Random};
use shell::file_system::{Layer, Mount};
use shell::host::{InUse, Received, Resolved, SocketState};
use shell::kernel::OutputStream;
use shell::{
    Completion, Context, ContextSpec, Host, Io, ListenerId, Machine, NetworkNamespace, Programs, SocketId,
    Stdio, Step, Userland, utilities,
};

/// What each port does: 80 answers, 81 refuses, 82 never answers, 83 closes at once, 84 sends chunks, 85 redirects.
#[derive(Default)]
struct Net {
    sockets: BTreeMap<u64, (u16, Vec<u8>, bool)>,
}

impl Host for Net {
    fn resolve(&mut self, _: NetworkNamespace, name: &str) -> Resolved {
        match name {
            "web" | "10.0.0.1" => {
                Resolved::Addresses("web.default.svc.cluster.local".to_owned(), vec!["10.0.0.1".to_owned()])
            }
            _ => Resolved::NotFound,
        }
    }
    fn connect(&mut self, _: NetworkNamespace, _: &str, port: u16) -> SocketId {
        let id = self.sockets.len() as u64 + 1;
        self.sockets.insert(id, (port, Vec::new(), false));
        SocketId(id)
    }
    fn socket_state(&self, socket: SocketId) -> SocketState {
        match self.sockets[&socket.0].0 {
            81 => SocketState::Refused,
            82 => SocketState::Connecting,
            _ => SocketState::Open,
        }
    }
    fn send(&mut self, socket: SocketId, bytes: &[u8]) -> bool {
        if let Some((_, sent, _)) = self.sockets.get_mut(&socket.0) {
            sent.extend_from_slice(bytes);
        }
        true
    }
    fn receive(&mut self, socket: SocketId, _: usize) -> Received {
        let Some((port, sent, answered)) = self.sockets.get_mut(&socket.0) else { return Received::Reset };
        if std::mem::replace(answered, true) {
            return Received::End;
        }
        let request = String::from_utf8_lossy(sent).into_owned();
        let line = request.lines().next().unwrap_or_default().to_owned();
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let ok = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = match port {
            83 => return Received::End,
            84 => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\ntwo\n\r\n0\r\n\r\n"
                .to_owned(),
            85 => "HTTP/1.1 302 Found\r\nLocation: http://web/there\r\nContent-Length: 0\r\n\r\n".to_owned(),
            _ if line.contains("/missing") => {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\ngone\n".to_owned()
            }
            _ => ok(&format!("{line}|{body}\n")),
        };
        Received::Data(answer.into_bytes())
    }
    fn close(&mut self, _: SocketId) {}
    fn listen(&mut self, _: NetworkNamespace, _: u16) -> Result<ListenerId, InUse> {
        Err(InUse)
    }
    fn accept(&mut self, _: ListenerId) -> Option<SocketId> {
        None
    }
    fn stop_listening(&mut self, _: ListenerId) {}
    fn peer(&self, _: SocketId) -> Option<(String, u16)> {
        None
    }
    fn ping(&mut self, _: NetworkNamespace, _: &str) -> bool {
        true
    }
}

struct NoPrograms;

impl Programs for NoPrograms {
    type State = ();
    type World = Net;
    fn find(_: &str, _: &Context) -> bool {
        false
    }
    fn start(_: &str, _: &[String]) -> Option<()> {
        None
    }
    fn step((): &mut (), _: &mut Io<'_>, _: &mut Net) -> Step {
        Step::Exit(0)
    }
    fn complete(_: &[String], _: &mut Io<'_>, _: &mut Net) -> Vec<Completion> {
        Vec::new()
    }
}

fn run(userland: Userland, script: &str) -> (String, String) {
    let mut machine: Machine<NoPrograms> = Machine::new(1_700_000_000);
    machine
        .storage_mut()
        .add_layer("test", || Layer::builder(0).programs("/bin", &utilities::names()).build());
    let tree = machine.storage_mut().add_tree(Some("test"), None);
    let spec = ContextSpec { mounts: vec![Mount::new("/", tree)], userland, ..ContextSpec::default() };
    let context = machine.create_context(spec);
    let capture = machine.kernel.create_capture();
    let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
    let stdio = [Stdio::Null, Stdio::Capture(capture), Stdio::Capture(capture)];
    let pid = machine.spawn(context, argv, BTreeMap::new(), "/", stdio, Instant::ZERO).expect("sh is there");
    let (mut net, mut random, mut now) = (Net::default(), Random::new(1), Instant::ZERO);
    while machine.exit_status(pid).is_none() {
        let wake = machine.poll(&mut net, &mut random, now);
        now = wake.unwrap_or(now + Duration::from_secs(1)).max(now);
        assert!(now < Instant::ZERO + Duration::from_secs(10_000), "{script} never ends");
    }
    let (mut stdout, mut stderr) = (String::new(), String::new());
    for chunk in machine.kernel.take_capture(capture) {
        let text = String::from_utf8_lossy(&chunk.bytes).into_owned();
        match chunk.stream {
            OutputStream::Stdout => stdout.push_str(&text),
            OutputStream::Stderr => stderr.push_str(&text),
        }
    }
    (stdout, stderr)
}

#[test]
fn curl_and_wget_say_what_the_real_ones_say() {
    use Userland::{Busybox, Gnu};
    let refused = "Failed to connect to web port 81 after 0 ms: Couldn't connect to server";
    let cases = [
        (Gnu, "curl -s web/a", "GET /a HTTP/1.1|\n", ""),
        (Gnu, "curl -s -d x=1 -d y=2 http://web:80/p?q", "POST /p?q HTTP/1.1|x=1&y=2\n", ""),
        (Gnu, "curl -s -o /dev/null -w '%{http_code}\\n' web/missing; echo $?", "404\n0\n", ""),
        (Gnu, "curl -sf web/missing; echo $?", "22\n", ""),
        (Gnu, "curl -sSf web/missing", "", "curl: (22) The requested URL returned error: 404\n"),
        (Gnu, "curl -sS web:81; echo $?", "7\n", &format!("curl: (7) {refused}\n")),
        (
            Gnu,
            "curl -sS -m 2 web:82; echo $?",
            "28\n",
            "curl: (28) Connection timed out after 2000 milliseconds\n",
        ),
        (Gnu, "curl -sS nosuch; echo $?", "6\n", "curl: (6) Could not resolve host: nosuch\n"),
        (Gnu, "curl -sS web:83; echo $?", "52\n", "curl: (52) Empty reply from server\n"),
        (Gnu, "curl -s web:84", "onetwo\n", ""),
        (Gnu, "curl -sL web:85", "GET /there HTTP/1.1|\n", ""),
        (Gnu, "curl -sI web:85 | head -1", "HTTP/1.1 302 Found\r\n", ""),
        (
            Gnu,
            "curl --foo web",
            "",
            "curl: option --foo: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
        ),
        (Busybox, "wget -qO- web", "GET / HTTP/1.1|\n", ""),
        (
            Busybox,
            "wget -qO- web:81; echo $?",
            "1\n",
            "wget: can't connect to remote host (10.0.0.1): Connection refused\n",
        ),
        (Busybox, "wget -qO- web/missing", "", "wget: server returned error: HTTP/1.1 404 Not Found\n"),
        (Busybox, "wget -qO- -T 3 web:82", "", "wget: download timed out\n"),
        (Busybox, "wget -qO- nosuch", "", "wget: bad address 'nosuch'\n"),
        (Busybox, "wget -q web/f; cat f", "GET /f HTTP/1.1|\n", ""),
        (Busybox, "nc -zv web 80; nc -z web 81; echo $?", "1\n", "web (web:80) open\n"),
        (
            Gnu,
            "nslookup nosuch | tail -2; ping -c 1 nosuch; echo $?",
            "** server can't find nosuch: NXDOMAIN\n\n2\n",
            "ping: nosuch: Name or service not known\n",
        ),
    ];
    for (userland, script, stdout, stderr) in cases {
        assert_eq!(run(userland, script), (stdout.to_owned(), stderr.to_owned()), "{script}");
    }
}
