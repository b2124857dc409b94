//! What a browser loads, in bytes as it travels: compressed by brotli.

use std::path::Path;

use serde_json::Value;

use crate::process::{command, output};
use crate::site::{Quality, build};
use crate::{Result, unexpected};

/// The budget for the first load: app, worker, shims, styles. Fonts come later and only as needed.
const FIRST_LOAD_BYTES_MAX: u64 = 1_200_000;

/// Node has brotli built in: `[[file, bytes, brotli bytes], ...]` for every file below a folder.
const WEIGH: &str = r#"
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
const folder = process.argv[1];
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const rows = files.map((entry) => {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const content = readFileSync(path);
  const travels = /\.woff2$/.test(path) ? content.length : brotliCompressSync(content).length;
  return [path.slice(folder.length + 1), content.length, travels];
});
console.log(JSON.stringify(rows));
"#;

/// `cargo xtask size`.
pub fn run(arguments: &[String]) -> Result {
    if let Some(argument) = arguments.first() {
        return Err(unexpected(argument));
    }
    let folder = build(Quality::Release)?;
    let mut rows = weigh(&folder)?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.brotli));
    println!("{:>12} {:>12}  file", "bytes", "brotli");
    for row in &rows {
        println!(
            "{:>12} {:>12}  {}{}",
            row.bytes,
            row.brotli,
            row.file,
            if row.is_first { "" } else { "  (on demand)" }
        );
    }
    let first: u64 = rows.iter().filter(|row| row.is_first).map(|row| row.brotli).sum();
    println!("first load: {first} of {FIRST_LOAD_BYTES_MAX} bytes");
    if first > FIRST_LOAD_BYTES_MAX {
        return Err(format!("the first load is {} bytes over its budget", first - FIRST_LOAD_BYTES_MAX));
    }
    Ok(())
}

struct Row {
    file: String,
    bytes: u64,
    brotli: u64,
    is_first: bool,
}

fn weigh(folder: &Path) -> Result<Vec<Row>> {
    let mut node = command(&["node", "--input-type=module", "--eval", WEIGH]);
    let text = output(node.arg(folder)).ok_or("node could not weigh the files")?;
    let rows: Vec<(String, u64, u64)> = serde_json::from_str::<Value>(&text)
        .and_then(serde_json::from_value)
        .map_err(|error| format!("what node weighed: {error}"))?;
    Ok(rows
        .into_iter()
        .map(|(file, bytes, brotli)| Row { is_first: is_first_load(&file), file, bytes, brotli })
        .collect())
}

/// Fonts load by the characters that a page shows, the editor when it is opened, what a first visit does not run after it, what is
/// said of fields when it is asked for, lessons one by one, licence texts never; all else at once.
fn is_first_load(file: &str) -> bool {
    let is_lesson = file.starts_with("assets/lessons/") && !file.ends_with("index.bin");
    let comes_later = [".woff2", ".txt", ".map", ".json", "editor.js", "worker_rest.wasm"];
    !is_lesson && !comes_later.iter().any(|end| file.ends_with(end))
}
