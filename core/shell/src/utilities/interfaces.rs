//! `ip`: the addresses and routes of the network namespace, as iproute2 and BusyBox show them.

use super::options::is_busybox;
use crate::host::Interface;
use crate::io::Io;

/// What shows an object.
type Show = fn(&mut Io<'_>);

/// What may follow `ip`, by any beginning.
const OBJECTS: [(&str, Show); 3] =
    [("address", |io| links(io, true)), ("link", |io| links(io, false)), ("route", routes)];

/// `ip addr`, `ip link` and `ip route`, each with nothing or `show` behind it.
pub fn ip(io: &mut Io<'_>, args: &[String]) -> i32 {
    let words: Vec<&str> = args[1..].iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    let Some(word) = words.first() else {
        io.err(
            "Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\nwhere  OBJECT := { address | link | route }\n",
        );
        return 255;
    };
    let Some((_, show)) = OBJECTS.iter().find(|(object, _)| object.starts_with(word) || *word == "addr")
    else {
        let text = if is_busybox(io) {
            format!("ip: invalid argument '{word}' to 'ip'\n")
        } else {
            format!("Object \"{word}\" is unknown, try \"ip help\".\n")
        };
        io.err(&text);
        return 1;
    };
    match words.get(1) {
        None | Some(&("show" | "list" | "ls" | "s" | "sh")) => {
            show(io);
            0
        }
        Some(_) => {
            let text = if is_busybox(io) { "ip: RTNETLINK answers" } else { "RTNETLINK answers" };
            io.err(&format!("{text}: Operation not permitted\n"));
            2
        }
    }
}

fn own(io: &Io<'_>) -> Option<Interface> {
    io.host.interface(io.context().netns)
}

fn links(io: &mut Io<'_>, addresses: bool) {
    let busybox = is_busybox(io);
    let state = |up: &str| if busybox { String::new() } else { format!("state {up} ") };
    let group = if busybox { "" } else { "group default " };
    let mode = if busybox || addresses { "" } else { "mode DEFAULT " };
    let mut text = format!(
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue {}{mode}{group}qlen 1000\n    \
         link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n",
        state("UNKNOWN")
    );
    let lifetime = "       valid_lft forever preferred_lft forever\n";
    if addresses {
        text.push_str(&format!("    inet 127.0.0.1/8 scope host lo\n{lifetime}"));
        text.push_str(&format!(
            "    inet6 ::1/128 scope host {}\n{lifetime}",
            if busybox { "" } else { "proto kernel_lo" }
        ));
    }
    if let Some(Interface { address, prefix, .. }) = own(io) {
        let [a, b, c, d] = address.octets();
        let flags = if busybox { "UP,LOWER_UP,M-DOWN" } else { "UP,LOWER_UP" };
        text.push_str(&format!(
            "2: eth0@if{}: <BROADCAST,MULTICAST,{flags}> mtu 1500 qdisc noqueue {}{mode}{group}{}\n    \
             link/ether 0a:58:{a:02x}:{b:02x}:{c:02x}:{d:02x} brd ff:ff:ff:ff:ff:ff{}\n",
            u32::from(d) + 3,
            state("UP"),
            if busybox { "" } else { "qlen 1000" },
            if busybox { "" } else { " link-netnsid 0" }
        ));
        if addresses {
            let broadcast = std::net::Ipv4Addr::from_bits(address.to_bits() | host_bits(prefix));
            text.push_str(&format!(
                "    inet {address}/{prefix} brd {broadcast} scope global eth0\n{lifetime}"
            ));
        }
    }
    io.out(&text);
}

fn routes(io: &mut Io<'_>) {
    let Some(Interface { address, prefix, gateway }) = own(io) else { return };
    let network = std::net::Ipv4Addr::from_bits(address.to_bits() & !host_bits(prefix));
    let mut text = String::new();
    if let Some(gateway) = gateway {
        text.push_str(&format!("default via {gateway} dev eth0 \n"));
    }
    let by = if is_busybox(io) { " scope link  src" } else { " proto kernel scope link src" };
    text.push_str(&format!("{network}/{prefix} dev eth0{by} {address} \n"));
    io.out(&text);
}

/// The bits of an address that count hosts.
fn host_bits(prefix: u8) -> u32 {
    u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}
