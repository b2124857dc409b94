//! The scheduler: queue, framework, plugins and the record of each decision.
