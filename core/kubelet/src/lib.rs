//! The node agent: pod workers, containers, images and the programs in them.
