//! The controller manager in a small cluster whose pods are ready as soon as they are made. Expected texts were recorded from
//! Kubernetes v1.33.1 with KWOK nodes, unless a test says otherwise.

#[path = "controllers/deployment.rs"]
mod deployment;
#[path = "controllers/endpoints.rs"]
mod endpoints;
#[path = "controllers/garbage.rs"]
mod garbage;
#[path = "controllers/hash.rs"]
mod hash;
#[path = "controllers/nodes.rs"]
mod nodes;
#[path = "controllers/replicaset.rs"]
mod replicaset;
#[path = "controllers/snapshot.rs"]
mod snapshot;
#[path = "controllers/world.rs"]
mod world;
