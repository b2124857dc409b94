//! Plain data between the worker that holds the world and the app that draws it.
