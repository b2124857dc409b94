//! The whole: a cluster, a terminal, a lesson, time control, save and load.
