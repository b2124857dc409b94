//! The controller manager: one module a controller, named as upstream names it, and one row of a table to run it.
//!
//! A controller looks at the world and moves it towards what was asked: `reconcile(key)` reads what is stored and writes what is
//! missing, whatever woke it. Reads are of the store's present, as an informer's cache that is never behind; so the expectations by
//! which upstream bridges a cache that lags are not needed here.
//!
//! It does not know who schedules or runs the pods that it makes, nor how a client shows them.

mod claim;
mod controller;
mod deployment;
mod endpoint;
mod endpointslice;
mod endpointslicemirroring;
mod garbagecollector;
mod kubernetesservice;
mod latencies;
mod manager;
mod md5;
mod namespace;
mod nodelifecycle;
pub mod pod_template_hash;
mod podgc;
mod pods;
mod replicaset;
mod rootcacertpublisher;
mod serviceaccount;
mod services;
mod tainteviction;
mod taints;
mod triggers;
mod ttl;

pub use latencies::Latencies;
pub use manager::ControllerManager;
