//! `/proc`: what it shows of processes and of the machine.

use std::fmt::Write;
use std::sync::Arc;

use super::Kernel;
use super::files::{FileId, FileObject};
use super::processes::{Pid, Process};
use crate::file_system::{Errno, FileKind, Metadata, TreeId};
use crate::io::Mode;

const PROCESS_FILES: [&str; 8] = ["cmdline", "comm", "cwd", "environ", "exe", "fd", "stat", "status"];
const MACHINE_FILES: [&str; 8] =
    ["cpuinfo", "loadavg", "meminfo", "mounts", "self", "sys", "uptime", "version"];

impl Kernel {
    fn proc_process(&self, pid: Pid, name: &str) -> Option<Pid> {
        if name == "self" {
            return Some(pid);
        }
        self.find_local(pid, name.parse().ok()?)
    }

    /// The path that a link in `/proc` stands for, and the process that sees it there; not those of open files, which need not have
    /// one.
    pub(super) fn proc_link(&self, pid: Pid, names: &[String], follow: bool) -> Option<(Pid, String)> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names.as_slice() {
            [process, "cwd", rest @ ..] if follow || !rest.is_empty() => {
                let process = self.proc_process(pid, process)?;
                let cwd = self.process(process).cwd.trim_end_matches('/');
                Some((process, format!("{cwd}/{}", rest.join("/"))))
            }
            [process, "root", rest @ ..] => {
                Some((self.proc_process(pid, process)?, format!("/{}", rest.join("/"))))
            }
            _ => None,
        }
    }

    pub(super) fn read_proc_link(&self, pid: Pid, names: &[String]) -> Result<String, Errno> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names.as_slice() {
            ["self"] => Ok(self.process(pid).local.to_string()),
            [process, "exe"] => {
                let process = self.proc_process(pid, process).ok_or(Errno::NoEntry)?;
                Ok(self.process(process).executable.clone())
            }
            [process, "fd", fd] => {
                let process = self.proc_process(pid, process).ok_or(Errno::NoEntry)?;
                let fd = fd.parse().map_err(|_| Errno::NoEntry)?;
                let file = self.file_of(process, fd).ok_or(Errno::NoEntry)?;
                Ok(match self.files.get(&file).map(|file| &file.object) {
                    Some(FileObject::Pipe(id, _)) => format!("pipe:[{}]", id.0),
                    Some(FileObject::Terminal(id)) => format!("/dev/pts/{}", id.0 - 1),
                    Some(FileObject::Capture(id, _)) => format!("pipe:[{}]", 1_000 + id.0),
                    Some(FileObject::Device(_)) => "/dev/null".to_owned(),
                    _ => "/".to_owned(),
                })
            }
            _ => Err(Errno::Invalid),
        }
    }

    pub(super) fn list_proc(&self, pid: Pid, names: &[String]) -> Result<Vec<String>, Errno> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match names.as_slice() {
            [] => {
                let mut list: Vec<String> = self.neighbours(pid).keys().map(u32::to_string).collect();
                list.extend(MACHINE_FILES.map(str::to_owned));
                Ok(list)
            }
            [process] if self.proc_process(pid, process).is_some() => {
                Ok(PROCESS_FILES.map(str::to_owned).to_vec())
            }
            [process, "fd"] => {
                let process = self.proc_process(pid, process).ok_or(Errno::NoEntry)?;
                Ok(self.process(process).fds.keys().map(u32::to_string).collect())
            }
            ["sys"] => Ok(vec!["kernel".to_owned()]),
            ["sys", "kernel"] => Ok(vec!["hostname".to_owned(), "osrelease".to_owned()]),
            _ => Err(if self.proc_bytes(pid, &names).is_some() { Errno::NotFolder } else { Errno::NoEntry }),
        }
    }

    pub(super) fn stat_proc(&self, pid: Pid, names: &[String]) -> Result<Metadata, Errno> {
        let kind = match self.list_proc(pid, names) {
            Ok(_) => FileKind::Folder,
            Err(Errno::NotFolder) => FileKind::File,
            Err(_) if self.read_proc_link(pid, names).is_ok() => FileKind::Symlink,
            Err(errno) => return Err(errno),
        };
        let mode = if kind == FileKind::Folder { 0o555 } else { 0o444 };
        let (uid, gid, modified) = (0, 0, self.unix_micros(self.present));
        Ok(Metadata { kind, mode, uid, gid, size: 0, modified, links: 1, ino: 1, tree: TreeId(0) })
    }

    pub(super) fn open_proc(&mut self, pid: Pid, names: &[String], mode: Mode) -> Result<FileId, Errno> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let [process, "fd", fd] = names.as_slice() {
            let process = self.proc_process(pid, process).ok_or(Errno::NoEntry)?;
            let fd = fd.parse().map_err(|_| Errno::NoEntry)?;
            return self.file_of(process, fd).ok_or(Errno::NoEntry);
        }
        let Some(bytes) = self.proc_bytes(pid, &names) else {
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            return Err(if self.list_proc(pid, &names).is_ok() { Errno::IsFolder } else { Errno::NoEntry });
        };
        if mode != Mode::Read {
            return Err(Errno::Permission);
        }
        Ok(self.add_file(FileObject::Bytes(Arc::new(bytes))))
    }

    fn proc_bytes(&self, pid: Pid, names: &[&str]) -> Option<Vec<u8>> {
        let context = self.context_of(pid);
        let text = match names {
            ["uptime"] => {
                let hundredths = self.present.0 / 10_000;
                format!("{0}.{1:02} {0}.{1:02}\n", hundredths / 100, hundredths % 100)
            }
            ["loadavg"] => "0.00 0.00 0.00 1/100 1\n".to_owned(),
            ["version"] => "Linux version 6.1.0 (podarium) #1 SMP\n".to_owned(),
            ["meminfo"] => format!(
                "MemTotal:       {:8} kB\nMemFree:        {:8} kB\nMemAvailable:   {:8} kB\n",
                context.memory_total / 1024,
                context.memory_total / 1024,
                context.memory_total / 1024
            ),
            ["cpuinfo"] => (0..context.cpus).fold(String::new(), |mut text, cpu| {
                let _ = writeln!(text, "processor\t: {cpu}\nmodel name\t: Virtual CPU\n");
                text
            }),
            ["mounts"] | ["self", "mounts"] => self.mount_table(pid),
            ["sys", "kernel", "hostname"] => format!("{}\n", context.hostname),
            ["sys", "kernel", "osrelease"] => "6.1.0\n".to_owned(),
            ["sys", setting @ ..] => {
                let value = context.sysctls.get(&setting.join("."))?;
                format!("{}\n", value.split_whitespace().collect::<Vec<_>>().join("\t"))
            }
            [name, file] => return self.process_bytes(self.proc_process(pid, name)?, file),
            _ => return None,
        };
        Some(text.into_bytes())
    }

    fn process_bytes(&self, pid: Pid, file: &str) -> Option<Vec<u8>> {
        let process = self.processes.get(&pid)?;
        let parent = process.parent.and_then(|parent| self.processes.get(&parent)).map_or(0, |p| p.local);
        let name = process.name();
        let state = if process.exit.is_some() { "Z (zombie)" } else { "S (sleeping)" };
        Some(match file {
            "cmdline" => null_terminated(process.argv.iter().cloned()),
            "comm" => format!("{name}\n").into_bytes(),
            "environ" => null_terminated(process.env.iter().map(|(name, value)| format!("{name}={value}"))),
            "stat" => format!("{} ({name}) {} {parent} 1 1 0 -1\n", process.local, &state[..1]).into_bytes(),
            "status" => self.status_text(process, name, state, parent).into_bytes(),
            _ => return None,
        })
    }

    fn status_text(&self, process: &Process, name: &str, state: &str, parent: u32) -> String {
        let context = &self.contexts[&process.context];
        let (uid, gid) = (context.uid, context.gid);
        let groups: Vec<String> = context.groups.iter().map(u32::to_string).collect();
        format!(
            "Name:\t{name}\nState:\t{state}\nTgid:\t{local}\nPid:\t{local}\nPPid:\t{parent}\n\
             Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{gid}\t{gid}\t{gid}\t{gid}\nGroups:\t{groups}\n\
             VmRSS:\t{memory:8} kB\nCapInh:\t{none:016x}\nCapPrm:\t{effective:016x}\nCapEff:\t{effective:016x}\n\
             CapBnd:\t{bounding:016x}\nCapAmb:\t{none:016x}\n",
            none = 0,
            effective = context.effective_capabilities(),
            bounding = context.capabilities,
            local = process.local,
            groups = groups.join(" "),
            memory = process.memory / 1024,
        )
    }
}

fn null_terminated(words: impl Iterator<Item = String>) -> Vec<u8> {
    words.flat_map(|word| [word.into_bytes(), vec![0]].concat()).collect()
}
