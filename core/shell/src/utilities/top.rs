//! `top`: the processes of a container and what they use, as procps and BusyBox show it. How busy a processor is is not modelled.

use engine::{Duration, Instant};
use serde::{Deserialize, Serialize};

use super::dates;
use super::options::{Spec, is_busybox};
use super::system::{Row, rows};
use crate::io::Io;
use crate::program::{Read, STDIN, STDOUT, Signal, Step, Wait};

/// A running `top`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Top {
    started: bool,
    batch: bool,
    left: Option<u64>,
    delay: Duration,
    next: Option<Instant>,
}

impl Top {
    /// Runs until it ends or blocks.
    pub fn step(&mut self, io: &mut Io<'_>) -> Step {
        if !std::mem::replace(&mut self.started, true)
            && let Err(status) = self.start(io)
        {
            return Step::Exit(status);
        }
        let mut over = io.take_signal().is_some();
        if !self.batch {
            while let Read::Data(keys) = io.read(STDIN, 64) {
                over |= keys.contains(&b'q') || keys.contains(&3);
            }
        }
        if self.next.is_none_or(|next| next <= io.now()) && !over {
            let table = table(io);
            let (rows, columns) = (usize::from(io.terminal_size().1), usize::from(io.terminal_size().0));
            if self.batch {
                io.out(&table);
            } else {
                let lines: Vec<String> =
                    table.lines().take(rows - 1).map(|line| line.chars().take(columns).collect()).collect();
                io.out(&format!("\x1b[H\x1b[2J{}\r\n", lines.join("\r\n")));
            }
            self.left = self.left.map(|left| left.saturating_sub(1));
            self.next = Some(io.now() + self.delay);
            over = self.left == Some(0);
        }
        if over {
            if !self.batch {
                io.set_raw(STDIN, false);
            }
            return Step::Exit(0);
        }
        let readable = if self.batch { Vec::new() } else { vec![STDIN] };
        Step::Wait(Wait { until: self.next, readable, ..Wait::default() })
    }

    fn start(&mut self, io: &mut Io<'_>) -> Result<(), i32> {
        const TOP: Spec = Spec::new("bn:d:p:u:cHi", "[-b] [-n COUNT] [-d SECONDS]");
        let args = io.args().to_vec();
        let parsed = TOP.parse(io, &args)?;
        self.batch = parsed.has('b');
        self.left = parsed.value('n').and_then(|count| count.parse().ok());
        let usual = if is_busybox(io) { 5.0 } else { 3.0 };
        let delay: f64 = parsed.value('d').and_then(|text| text.parse().ok()).unwrap_or(usual);
        self.delay = Duration::from_secs_f64(delay.max(0.1));
        if !(self.batch || io.is_terminal(STDIN) && io.is_terminal(STDOUT)) {
            io.err("top: failed tty get\n");
            return Err(1);
        }
        io.handle_signals(&[Signal::Int]);
        if !self.batch {
            io.set_raw(STDIN, true);
        }
        Ok(())
    }
}

fn table(io: &mut Io<'_>) -> String {
    let rows = rows(io);
    let total = io.context().memory_total;
    let used = super::system::used_memory(io);
    if is_busybox(io) { busybox(&rows, total, used) } else { procps(io, &rows, total, used) }
}

/// What a process holds at least, in kilobytes: its code and libraries.
const VIRTUAL: u64 = 4_404;
const RESIDENT: u64 = 1_536;

fn busybox(rows: &[Row], total: u64, used: u64) -> String {
    let mut text = format!(
        "Mem: {}K used, {}K free, 0K shrd, 0K buff, {}K cached\n\
         CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\n\
         Load average: 0.00 0.00 0.00 1/{} {}\n  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n",
        used >> 10,
        total.saturating_sub(used) >> 10,
        used >> 11,
        rows.len(),
        rows.last().map_or(0, |row| row.pid)
    );
    for row in rows {
        let size = VIRTUAL + (row.memory >> 10);
        let percent = size * 100 / (total >> 10).max(1);
        let state = if row.own { "R" } else { "S" };
        text.push_str(&format!(
            "{:5} {:5} {:<8} {state}    {size:6} {percent:3}%   0   0% {}\n",
            row.pid, row.parent, row.user, row.args
        ));
    }
    text
}

fn procps(io: &Io<'_>, rows: &[Row], total: u64, used: u64) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let time = dates::format_time("%H:%M:%S", io.unix_time().0, 0);
    let up = io.now().as_secs() / 60;
    let zombies = rows.iter().filter(|row| row.zombie).count();
    let free = total.saturating_sub(used);
    let mut text = format!(
        "top - {time} up {:2}:{:02},  0 users,  load average: 0.00, 0.00, 0.00\n\
         Tasks: {:3} total,   1 running, {:3} sleeping,   0 stopped, {zombies:3} zombie\n\
         %Cpu(s):  0.0 us,  0.0 sy,  0.0 ni,100.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st \n\
         MiB Mem : {:8.1} total, {:8.1} free, {:8.1} used, {:8.1} buff/cache     \n\
         MiB Swap:      0.0 total,      0.0 free,      0.0 used. {:8.1} avail Mem \n\n    \
         PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n",
        up / 60,
        up % 60,
        rows.len(),
        rows.len().saturating_sub(1 + zombies),
        mib(total),
        mib(free),
        mib(used),
        mib(used / 2),
        mib(free),
    );
    for row in rows {
        let state = match () {
            () if row.zombie => "Z",
            () if row.own => "R",
            () => "S",
        };
        let resident = RESIDENT + (row.memory >> 10);
        let percent = resident as f64 * 100.0 / ((total >> 10).max(1) as f64);
        text.push_str(&format!(
            "{:7} {:<8}  20   0 {:7} {resident:6} {RESIDENT:6} {state}   0.0 {percent:5.1}   0:00.00 {}\n",
            row.pid,
            row.user,
            VIRTUAL + (row.memory >> 10),
            row.name
        ));
    }
    text
}
