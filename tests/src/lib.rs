//! Case files and truth: see `tests/README.md`.
