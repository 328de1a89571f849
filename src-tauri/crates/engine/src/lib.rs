//! The engine: one event loop that owns all state, and everything around it.
