//! Lesson model, checks and progress.
