//! `index.html`, whose `<link data-trunk ...>` lines say what the page consists of. Only what ours uses of Trunk's language is
//! understood here; anything else is an error, so that both ways of building stay the same.

use std::fs;
use std::path::Path;

use crate::Result;
use crate::process::path;

/// The page and what it needs.
pub struct Page {
    /// The programs to build.
    pub binaries: Vec<String>,
    copies: Vec<String>,
    html: String,
}

impl Page {
    /// Reads the page's source.
    pub fn read(file: &Path) -> Result<Self> {
        let source = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::parse(&source)
    }

    fn parse(source: &str) -> Result<Self> {
        let mut page = Self { binaries: Vec::new(), copies: Vec::new(), html: String::new() };
        for line in source.lines() {
            let tag = line.trim();
            if tag.starts_with("<link data-trunk ") {
                page.link(tag)?;
            } else if tag.contains("data-trunk") {
                return Err(format!(
                    "index.html: `data-trunk` must stand first in a <link> on one line: {tag}"
                ));
            } else {
                page.html.push_str(line);
                page.html.push('\n');
            }
        }
        Ok(page)
    }

    fn link(&mut self, tag: &str) -> Result {
        let needed =
            |name: &str| attribute(tag, name).ok_or_else(|| format!("index.html: no {name} in {tag}"));
        match needed("rel")? {
            "rust" => {
                let binary = needed("data-bin")?;
                if attribute(tag, "data-type") != Some("worker") {
                    self.html.push_str(&start_script(binary));
                }
                self.binaries.push(binary.to_owned());
            }
            "copy-file" | "copy-dir" => self.copies.push(needed("href")?.to_owned()),
            other => return Err(format!("index.html: cargo xtask does not know rel={other:?}: {tag}")),
        }
        Ok(())
    }

    /// Writes the page and the files that it names into a folder.
    pub fn write(&self, folder: &Path) -> Result {
        for copy in &self.copies {
            let from = path(copy);
            let to = folder.join(from.file_name().unwrap_or_default());
            copy_all(&from, &to).map_err(|error| format!("{copy}: {error}"))?;
        }
        let index = folder.join("index.html");
        fs::write(&index, &self.html).map_err(|error| format!("{}: {error}", index.display()))
    }
}

fn start_script(binary: &str) -> String {
    format!(
        "    <link rel=\"modulepreload\" href=\"./{binary}.js\" />\n    \
         <link rel=\"preload\" href=\"./{binary}_bg.wasm\" as=\"fetch\" type=\"application/wasm\" crossorigin />\n    \
         <script type=\"module\">\n      import init from \"./{binary}.js\";\n      \
         await init({{ module_or_path: \"./{binary}_bg.wasm\" }});\n    </script>\n"
    )
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag[start..].split('"').next()
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(|_| ());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_all(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_programs_copies_and_a_start_script() {
        let page = Page::parse(
            "<head>\n<link data-trunk rel=\"copy-dir\" href=\"a/b\" />\n\
             <link data-trunk rel=\"rust\" data-bin=\"app\" />\n\
             <link data-trunk rel=\"rust\" data-bin=\"worker\" data-type=\"worker\" />\n</head>\n",
        )
        .unwrap();
        assert_eq!(page.binaries, ["app", "worker"]);
        assert_eq!(page.copies, ["a/b"]);
        assert!(page.html.contains("from \"./app.js\"") && !page.html.contains("worker.js"));
        assert!(!page.html.contains("data-trunk"));
    }

    #[test]
    fn what_only_trunk_knows_is_an_error() {
        assert!(Page::parse("<link data-trunk rel=\"sass\" href=\"a\" />").is_err());
    }
}
