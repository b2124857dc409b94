//! What images of a distribution share: a shell, utilities, and the files that say who is who.

use shell::Userland;
use shell::file_system::LayerBuilder;

/// What BusyBox does not have.
const NOT_BUSYBOX: &[&str] = &["bash", "curl", "dash", "getent", "nano"];
/// What Debian's images do not have.
const NOT_GNU: &[&str] = &["ash"];

/// Adds the utilities of a distribution, but for some, and its files in `/etc`.
pub(crate) fn utilities(layer: LayerBuilder, userland: Userland, without: &[String]) -> LayerBuilder {
    let (folder, lacks) = match userland {
        Userland::Busybox => ("/bin", NOT_BUSYBOX),
        Userland::Gnu => ("/usr/bin", NOT_GNU),
    };
    let has = |name: &&str| !lacks.contains(name) && !without.iter().any(|other| other == name);
    let names: Vec<&str> = shell::utilities::names().into_iter().filter(has).collect();
    let layer = layer.programs(folder, &names);
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
