//! What images of a distribution share: a shell, utilities, and the files that say who is who.

use shell::Userland;
use shell::file_system::LayerBuilder;

const UTILITIES: &[&str] = &[
    "sh",
    "base64",
    "basename",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dirname",
    "du",
    "echo",
    "env",
    "expr",
    "false",
    "find",
    "free",
    "grep",
    "head",
    "hostname",
    "id",
    "kill",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mount",
    "mv",
    "nc",
    "nslookup",
    "ping",
    "printenv",
    "printf",
    "ps",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tee",
    "test",
    "[",
    "timeout",
    "top",
    "touch",
    "tr",
    "true",
    "tty",
    "uname",
    "uniq",
    "uptime",
    "watch",
    "wc",
    "wget",
    "which",
    "whoami",
    "xargs",
    "yes",
];
const BUSYBOX_ONLY: &[&str] = &["ash", "busybox", "vi", "ip", "netstat"];
const GNU_ONLY: &[&str] = &["bash", "curl", "getent"];

/// Adds the utilities of a distribution and its files in `/etc`.
pub(crate) fn utilities(layer: LayerBuilder, userland: Userland) -> LayerBuilder {
    let (folder, more) = match userland {
        Userland::Busybox => ("/bin", BUSYBOX_ONLY),
        Userland::Gnu => ("/usr/bin", GNU_ONLY),
    };
    let layer = layer.programs(folder, UTILITIES).programs(folder, more);
    let layer = match userland {
        Userland::Busybox => {
            layer.folder("/usr/bin", 0o755).folder("/sbin", 0o755).symlink("/usr/bin/env", "/bin/env")
        }
        Userland::Gnu => {
            layer.symlink("/bin", "/usr/bin").folder("/usr/sbin", 0o755).symlink("/sbin", "/usr/sbin")
        }
    };
    let release = match userland {
        Userland::Busybox => {
            "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.21.3\nPRETTY_NAME=\"Alpine Linux v3.21\"\n"
        }
        Userland::Gnu => {
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n"
        }
    };
    layer.file("/etc/passwd", PASSWD, 0o644).file("/etc/group", "root:x:0:\nnobody:x:65534:\n", 0o644).file(
        "/etc/os-release",
        release,
        0o644,
    )
}

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
