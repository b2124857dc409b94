//! What the sandbox's commands want to have edited is edited with the editor of whoever sits at the terminal.

use std::process::Command;
use std::{env, fs};

use sandbox::EditorRequest;

/// Lets the user edit a copy of the file; the new content, or nothing if the editor failed or changed nothing.
pub fn edit(request: &EditorRequest) -> Result<Option<Vec<u8>>, String> {
    let name = request.path.rsplit('/').next().unwrap_or("file");
    let copy = env::temp_dir().join(format!("podarium-{}-{name}", std::process::id()));
    let failed = |error: std::io::Error| format!("{}: {error}", copy.display());
    fs::write(&copy, &request.content).map_err(failed)?;
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| env::var(name).ok()).filter(|name| !name.is_empty());
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let status = Command::new(words.next().unwrap_or("vi")).args(words).arg(&copy).status();
    let content = fs::read(&copy);
    let _ = fs::remove_file(&copy);
    match status {
        Ok(status) if status.success() => {
            content.map(|content| (content != request.content).then_some(content)).map_err(failed)
        }
        Ok(_) => Ok(None),
        Err(error) => Err(format!("{editor}: {error} (EDITOR names another)")),
    }
}
