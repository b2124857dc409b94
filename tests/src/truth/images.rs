//! The images of the node that recorded the `kubelet` group: Debian's BusyBox under the names of the public ones.

use std::collections::BTreeSet;

use sandbox::Image;
use shell::{Build, Userland};

const VERSION: &str = "1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)";
/// What `busybox --list` says there.
const APPLETS: &str = "[ [[ acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blkid blockdev \
    brctl bunzip2 bzcat bzip2 cal cat chgrp chmod chown chroot chvt clear cmp cp cpio crc32 cttyhack cut \
    date dc dd deallocvt depmod devmem df diff dirname dmesg dnsdomainname dos2unix du dumpkmap \
    dumpleases echo egrep env expand expr factor fallocate false fatattr fdisk fgrep find findfs fold \
    free freeramdisk fsfreeze fstrim ftpget ftpput getopt getty grep groups gunzip gzip halt head \
    hexdump hostid hostname httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer id ifconfig ifdown \
    ifup init insmod ionice ip ipcalc ipneigh kill killall klogd last less link linux32 linux64 linuxrc \
    ln loadfont loadkmap logger login logname logread losetup ls lsmod lsscsi lzcat lzma lzop md5sum \
    mdev microcom mim mkdir mkdosfs mke2fs mkfifo mknod mkpasswd mkswap mktemp modinfo modprobe more \
    mount mt mv nameif nc netstat nl nologin nproc nsenter nslookup nuke od openvt partprobe paste patch \
    pidof ping ping6 pivot_root poweroff printf ps pwd rdate readlink realpath reboot renice reset \
    resume rev rm rmdir rmmod route rpm rpm2cpio run-init run-parts sed seq setkeycodes setpriv setsid \
    sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort ssl_client start-stop-daemon stat \
    strings stty svc svok swapoff swapon switch_root sync sysctl syslogd tac tail tar taskset tee telnet \
    test tftp time timeout top touch tr traceroute traceroute6 true truncate ts tty ubirename udhcpc \
    udhcpd uevent umount uname uncompress unexpand uniq unix2dos unlink unlzma unshare unxz unzip uptime \
    usleep uudecode uuencode vconfig vi w watch watchdog wc wget which who whoami xargs xxd xz xzcat yes \
    zcat";
const SIZE: u64 = 2_200_000;

/// All of them; the node could pull no other.
pub fn recorded() -> Vec<Image> {
    let pause = based(&["registry.k8s.io/pause:3.10"], &["/bin/sleep", "2147483647"], &[]);
    let base = based(&["busybox:1.36", "alpine:3.20"], &[], &["sh"]);
    let mut nginx = web(&["nginx:1.26", "nginx:1.27"], &["-f", "-v", "-p", "80", "-h", "/www"]);
    nginx.files.push(("/www/index.html".to_owned(), "hi\n".to_owned(), 0o644));
    let kubia = ["v1", "v2", "v3"].map(|version| {
        let mut image = web(&[&format!("luksa/kubia:{version}")], &["-f", "-p", "8080", "-h", "/app"]);
        image.files.push(("/app/cgi-bin/index.cgi".to_owned(), kubia_script(version), 0o755));
        image
    });
    [pause, base, nginx].into_iter().chain(kubia).collect()
}

fn based(names: &[&str], entrypoint: &[&str], command: &[&str]) -> Image {
    let applets: BTreeSet<&str> = APPLETS.split_whitespace().collect();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Image {
        size: SIZE,
        entrypoint: words(entrypoint),
        command: words(command),
        userland: Some(Userland::Busybox),
        lacks: words(&shell::utilities::names())
            .into_iter()
            .filter(|name: &String| !applets.contains(name.as_str()))
            .collect(),
        build: Build { version: VERSION.to_owned(), without: vec!["FEATURE_PS_TIME".to_owned()] },
        ..Image::new(names)
    }
}

/// An image that runs BusyBox's web server.
fn web(names: &[&str], arguments: &[&str]) -> Image {
    const SERVER: &str = "/bin/httpd";
    let mut image = based(names, &[SERVER], arguments);
    image.programs.push((SERVER.to_owned(), "busybox-httpd".to_owned()));
    image
}

fn kubia_script(version: &str) -> String {
    let text = match version {
        "v1" => "You've hit $(hostname)".to_owned(),
        version => format!("This is {version} running in pod $(hostname)"),
    };
    format!("#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\necho \"{text}\"\n")
}
