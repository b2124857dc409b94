//! The public images: one table.

use std::collections::BTreeSet;

use shell::file_system::Layer;
use shell::{Build, Signal, Userland};

use super::Image;

const MEGABYTE: u64 = 1_000_000;
/// 2025-01-01T00:00:00Z: when the files of all images were made.
const MADE: i64 = 1_735_689_600;

/// What an image runs and has.
#[derive(Clone, Copy)]
enum Content {
    /// A shell and utilities.
    Base(Userland, &'static [&'static str]),
    /// BusyBox before 1.29, whose `nslookup` looks names up as programs do: many examples name it for that.
    OldBusybox,
    /// curl, and a script that takes what it is given for curl's arguments unless it is a command.
    Curl,
    Nginx(Userland),
    Apache,
    Kubia,
    /// A small web application: its program's name, and where it lies.
    Sample(&'static str, &'static str),
    /// The test image of many programs.
    Agnhost,
    /// The notes' script that writes a page every ten seconds.
    Count,
    Redis,
    /// One component of the cluster, without a shell.
    Component(&'static str),
}

/// A row of the table: repository, tags (`a..b` counts the last number up), compressed size in tenths of a megabyte, content.
type Row = (&'static str, &'static str, u64, Content);

const GNU_SHELL: &[&str] = &["bash"];
const BUSYBOX_SHELL: &[&str] = &["sh"];
const ALPINE_SHELL: &[&str] = &["/bin/sh"];

const PUBLIC: [Row; 35] = [
    (
        "docker.io/library/busybox",
        "1.37 latest stable 1.29..1.36 1.36.1 musl glibc",
        22,
        Content::Base(Userland::Busybox, BUSYBOX_SHELL),
    ),
    ("docker.io/library/busybox", "1.26..1.28 1.28.4", 7, Content::OldBusybox),
    (
        "docker.io/library/alpine",
        "3.22 latest 3 3.1..3.21",
        38,
        Content::Base(Userland::Busybox, ALPINE_SHELL),
    ),
    (
        "docker.io/library/debian",
        "bookworm latest 12 stable bookworm-slim 10..13",
        485,
        Content::Base(Userland::Gnu, GNU_SHELL),
    ),
    (
        "docker.io/library/ubuntu",
        "24.04 latest noble 22.04 jammy 20.04 focal 18.04",
        297,
        Content::Base(Userland::Gnu, GNU_SHELL),
    ),
    ("docker.io/library/centos", "7 latest 8", 761, Content::Base(Userland::Gnu, GNU_SHELL)),
    (
        "docker.io/curlimages/curl",
        "latest 8.10.1 8.11.0 8.11.1 8.12.0 8.12.1 8.13.0 8.14.1",
        97,
        Content::Curl,
    ),
    ("docker.io/nicolaka/netshoot", "latest v0.11..v0.13", 2010, Content::Base(Userland::Gnu, GNU_SHELL)),
    (
        "docker.io/library/nginx",
        "1.29 latest 1 mainline 1.7.9 1.9.1 1.10..1.26 1.14.2 1.15.12 1.16.1 1.21.6 1.23.4 1.25.5",
        722,
        Content::Nginx(Userland::Gnu),
    ),
    ("docker.io/library/nginx", "1.27 1.27.0..1.27.5", 721, Content::Nginx(Userland::Gnu)),
    ("docker.io/library/nginx", "1.28 stable 1.28.0", 723, Content::Nginx(Userland::Gnu)),
    (
        "docker.io/library/nginx",
        "alpine 1-alpine mainline-alpine 1.14-alpine 1.16-alpine 1.25-alpine 1.26-alpine 1.27-alpine 1.29-alpine",
        208,
        Content::Nginx(Userland::Busybox),
    ),
    ("registry.k8s.io/nginx-slim", "0.8 0.9 0.20..0.27", 430, Content::Nginx(Userland::Gnu)),
    ("docker.io/library/httpd", "2.4 latest 2 2.4.46 2.4.57..2.4.65 alpine 2.4-alpine", 591, Content::Apache),
    (
        "docker.io/library/redis",
        "8 latest 5..7 6.2 7.0 7.2 7.4 alpine 6-alpine 7-alpine",
        405,
        Content::Redis,
    ),
    ("docker.io/luksa/kubia", "latest v1..v4", 2440, Content::Kubia),
    ("docker.io/gasbugs/http-go", "latest v1..v3", 3010, Content::Sample("http-go", "/usr/src/main")),
    ("docker.io/gasbugs/count", "latest", 22, Content::Count),
    ("docker.io/tutum/curl", "latest", 830, Content::Base(Userland::Gnu, GNU_SHELL)),
    ("docker.io/alicek106/ubuntu", "curl", 830, Content::Base(Userland::Gnu, GNU_SHELL)),
    ("docker.io/alicek106/rr-test", "curl", 830, Content::Base(Userland::Gnu, GNU_SHELL)),
    ("docker.io/alicek106/rr-test", "echo-hostname", 1330, Content::Sample("echo-hostname", "/usr/src/main")),
    ("docker.io/library/jenkins", "2.60.3 latest", 3110, Content::Sample("jenkins", "/usr/src/main")),
    ("docker.io/jenkins/jenkins", "lts latest", 2720, Content::Sample("jenkins", "/usr/src/main")),
    (
        "docker.io/library/tomcat",
        "11.0 latest 8..11 8.5 9.0 10.1",
        1510,
        Content::Sample("tomcat", "/usr/src/main"),
    ),
    ("registry.k8s.io/busybox", "latest 1.24 1.27", 12, Content::Base(Userland::Busybox, BUSYBOX_SHELL)),
    ("registry.k8s.io/liveness", "latest", 16, Content::Sample("agnhost", "/server")),
    ("registry.k8s.io/goproxy", "0.1", 18, Content::Sample("goproxy", "/usr/src/main")),
    ("registry.k8s.io/e2e-test-images/agnhost", "2.40 2.21..2.53", 480, Content::Agnhost),
    ("registry.k8s.io/pause", "3.10 3.1..3.9", 3, Content::Component("pause")),
    ("registry.k8s.io/etcd", "3.5.21-0", 587, Content::Component("etcd")),
    ("registry.k8s.io/coredns/coredns", "v1.12.0 v1.12.1", 210, Content::Component("coredns")),
    ("registry.k8s.io/kube-proxy", "v1.33.1 v1.33.0", 319, Content::Component("kube-proxy")),
    ("docker.io/kindest/kindnetd", "v20250512-df8de77b", 438, Content::Component("kindnetd")),
    (
        "docker.io/kindest/local-path-provisioner",
        "v20250214-acbabc1a",
        221,
        Content::Component("local-path-provisioner"),
    ),
];
const CURL_SCRIPT: &str = "#!/bin/sh\ncommand -v \"$1\" > /dev/null || set -- curl \"$@\"\nexec \"$@\"\n";
const COUNT_SCRIPT: &str = "#!/bin/sh
trap \"exit\" INT TERM
mkdir -p /var/htdocs
i=0
while true
do
    echo \"Running loop seq \"$i > /var/htdocs/index.html
    i=$((i+1))
    sleep 10
done
";
const CONTROL_PLANE: [(&str, u64); 3] =
    [("kube-apiserver", 301), ("kube-controller-manager", 276), ("kube-scheduler", 218)];

/// The images that anyone can pull.
pub(super) fn public() -> Vec<Image> {
    let control_plane = CONTROL_PLANE.iter().map(|(name, size)| {
        let tags = tagged(&format!("registry.k8s.io/{name}"), &["v1.33.1"]);
        image(tags, *size, Content::Component(name))
    });
    PUBLIC
        .iter()
        .flat_map(|(repository, tags, size, content)| {
            // What once was in the old registry is there still: its names lead to the new one.
            let former = repository.strip_prefix("registry.k8s.io/").map(|path| format!("k8s.gcr.io/{path}"));
            let former = former.filter(|_| !matches!(content, Content::Component(_)));
            let repositories = std::iter::once((*repository).to_owned()).chain(former);
            repositories.flat_map(move |repository| {
                let tags = tags.split(' ').flat_map(counted);
                tags.map(move |tag| image(tagged(&repository, &[&tag]), *size, *content))
            })
        })
        .chain(control_plane)
        .collect()
}

/// `1.26..1.36` is 1.26, 1.27 and so on.
fn counted(tags: &str) -> Vec<String> {
    let Some((first, last)) = tags.split_once("..") else { return vec![tags.to_owned()] };
    let split = |tag: &str| tag.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (from, to) = (first[split(first)..].parse::<u32>(), last[split(last)..].parse::<u32>());
    let (Ok(from), Ok(to)) = (from, to) else { return vec![first.to_owned()] };
    (from..=to).map(|number| format!("{}{number}", &first[..split(first)])).collect()
}

fn tagged(repository: &str, tags: &[&str]) -> BTreeSet<String> {
    tags.iter().map(|tag| format!("{repository}:{tag}")).collect()
}

fn image(tags: BTreeSet<String>, tenths: u64, content: Content) -> Image {
    let size = tenths * MEGABYTE / 10;
    let mut image = Image { size, from_registry: true, ..Image::tagged(tags) };
    fill(&mut image, content);
    image
}

fn fill(image: &mut Image, content: Content) {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let program = |path: &str, name: &str| (path.to_owned(), name.to_owned());
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned(), 0o644);
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match content {
        Content::Base(userland, shell) => {
            image.userland = Some(userland);
            image.command = words(shell);
        }
        Content::OldBusybox => {
            image.userland = Some(Userland::Busybox);
            image.command = words(BUSYBOX_SHELL);
            image.build =
                Build { version: "1.28.4 ()".to_owned(), without: vec!["FEATURE_NSLOOKUP_BIG".to_owned()] };
        }
        Content::Curl => {
            image.userland = Some(Userland::Busybox);
            image.entrypoint = words(&["/entrypoint.sh"]);
            image.command = words(&["curl"]);
            image.programs.push(program("/usr/bin/curl", "curl"));
            image.files.push(("/entrypoint.sh".to_owned(), CURL_SCRIPT.to_owned(), 0o755));
        }
        Content::Nginx(userland) => {
            image.userland = Some(userland);
            image.entrypoint = words(&["/docker-entrypoint.sh"]);
            image.command = words(&["nginx", "-g", "daemon off;"]);
            image.stop_signal = Signal::Quit;
            image.env.push(variable("NGINX_VERSION", "1.27.5"));
            // The real script ends with `exec "$@"`.
            image.programs.push(program("/docker-entrypoint.sh", "nginx"));
            image.programs.push(program("/usr/sbin/nginx", "nginx"));
            image.files.push(file("/usr/share/nginx/html/index.html", NGINX_PAGE));
            image.files.push(file("/etc/nginx/nginx.conf", NGINX_CONFIGURATION));
            image.files.push(file("/etc/nginx/conf.d/default.conf", NGINX_DEFAULT));
        }
        Content::Apache => {
            image.userland = Some(Userland::Gnu);
            image.command = words(&["httpd-foreground"]);
            image.stop_signal = Signal::Winch;
            image.working_dir = "/usr/local/apache2".to_owned();
            image.env.push(variable("HTTPD_PREFIX", "/usr/local/apache2"));
            image.programs.push(program("/usr/local/bin/httpd-foreground", "httpd-foreground"));
            image.files.push(file(
                "/usr/local/apache2/htdocs/index.html",
                "<html><body><h1>It works!</h1></body></html>\n",
            ));
        }
        Content::Kubia => {
            let tag =
                image.tags.first().and_then(|tag| tag.rsplit(':').next()).unwrap_or_default().to_owned();
            image.userland = Some(Userland::Gnu);
            image.entrypoint = words(&["node", "app.js"]);
            image.programs.push(program("/usr/local/bin/node", "node"));
            image.files.push(("/app.js".to_owned(), kubia_source(&tag), 0o644));
        }
        Content::Sample(name, path) => {
            image.userland = Some(Userland::Gnu);
            image.command = words(&[path]);
            image.working_dir = "/usr/src".to_owned();
            image.programs.push(program(path, name));
        }
        Content::Agnhost => {
            image.userland = Some(Userland::Busybox);
            image.entrypoint = words(&["/agnhost"]);
            image.command = words(&["pause"]);
            image.programs.push(program("/agnhost", "agnhost"));
        }
        Content::Count => {
            image.userland = Some(Userland::Busybox);
            image.entrypoint = words(&["/bin/count.sh"]);
            image.files.push(("/bin/count.sh".to_owned(), COUNT_SCRIPT.to_owned(), 0o755));
        }
        Content::Redis => {
            image.userland = Some(Userland::Gnu);
            image.entrypoint = words(&["docker-entrypoint.sh"]);
            image.command = words(&["redis-server"]);
            image.working_dir = "/data".to_owned();
            image.programs.push(program("/usr/local/bin/docker-entrypoint.sh", "redis-server"));
            image.programs.push(program("/usr/local/bin/redis-server", "redis-server"));
        }
        Content::Component(name) => {
            image.entrypoint = vec![format!("/{name}")];
            image.programs.push((format!("/{name}"), name.to_owned()));
            if name.starts_with("kube-") || name == "etcd" {
                image.programs.push((format!("/usr/local/bin/{name}"), name.to_owned()));
            }
        }
    }
}

/// The application of the book, in the version of an image's tag.
pub(crate) fn kubia_source(tag: &str) -> String {
    let greeting = match tag {
        "" | "latest" => "\"You've hit \" + os.hostname() + \"\\n\"".to_owned(),
        tag => format!("\"This is {tag} running in pod \" + os.hostname() + \"\\n\""),
    };
    let failing = if tag == "v3" {
        "  if (++requestCount >= 5) {\n    response.writeHead(500);\n    response.end(\"Some internal error has occurred! This is pod \" + os.hostname() + \"\\n\");\n    return;\n  }\n"
    } else {
        ""
    };
    format!(
        "const http = require('http');\nconst os = require('os');\n\nvar requestCount = 0;\n\nconsole.log(\"Kubia server starting...\");\n\n\
         var handler = function(request, response) {{\n  console.log(\"Received request from \" + request.connection.remoteAddress);\n\
         {failing}  response.writeHead(200);\n  response.end({greeting});\n}};\n\nvar www = http.createServer(handler);\nwww.listen(8080);\n"
    )
}

/// The file tree of an image.
pub(super) fn layer(image: &Image) -> Layer {
    let mut layer = Layer::builder(MADE)
        .folder("/tmp", 0o1777)
        .folder("/root", 0o700)
        .folder("/var/run", 0o755)
        .folder("/etc", 0o755)
        .folder("/sys", 0o555)
        .folder("/dev", 0o755)
        .folder("/proc", 0o555);
    if let Some(userland) = image.userland {
        layer = crate::base::utilities(layer, userland, &image.lacks);
    }
    for (path, program) in &image.programs {
        layer = layer.program(path, program);
    }
    for (path, content, mode) in &image.files {
        layer = layer.file(path, content.as_bytes(), *mode);
    }
    if !image.working_dir.is_empty() && image.working_dir != "/" {
        layer = layer.folder(&image.working_dir, 0o755);
    }
    layer.build()
}

const NGINX_PAGE: &str = "<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href=\"http://nginx.org/\">nginx.org</a>.<br/>
Commercial support is available at
<a href=\"http://nginx.com/\">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
";
const NGINX_CONFIGURATION: &str = "user  nginx;
worker_processes  auto;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/conf.d/*.conf;
}
";
const NGINX_DEFAULT: &str = "server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }
}
";
