//! The only door to the store: identity, admission, validation, verbs and watches.
