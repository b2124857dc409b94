//! Debian's packages.

use std::path::Path;
use std::sync::{Mutex, Once};

use crate::Result;
use crate::process::{command, output, run_quietly};

/// Whether this machine installs its packages by apt.
pub fn is_debian() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

/// Installs packages, as root or by a `sudo` that asks no question.
pub fn install(packages: &[&str]) -> Result {
    static UPDATE: Once = Once::new();
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if !is_debian() {
        return Err("this machine has no apt-get".to_owned());
    }
    let _turn = ONE_AT_A_TIME.lock();
    // Lists that are old or absent are the common reason for a failed install, and a fresh machine has none.
    UPDATE.call_once(|| {
        if let Err(reason) = run_quietly(&mut apt(&["update"])) {
            println!("    {reason}");
        }
    });
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(packages);
    run_quietly(&mut apt(&words))
}

fn apt(arguments: &[&str]) -> std::process::Command {
    let is_root = output(&mut command(&["id", "-u"])).is_some_and(|id| id == "0");
    let mut words = if is_root { vec![] } else { vec!["sudo", "--non-interactive"] };
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    // Another one may be at it: a machine's own updates at its first start, say.
    words.extend(["-o", "DPkg::Lock::Timeout=600"]);
    words.extend(arguments);
    command(&words)
}
