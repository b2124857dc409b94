//! Virtual clock, event queue, seeded randomness and work queues.
