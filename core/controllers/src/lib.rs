//! The controller manager: one module a controller.
