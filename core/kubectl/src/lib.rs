//! The client, over the API only.
