//! A bash-like shell, core utilities, a virtual file system and processes.
