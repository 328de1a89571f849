//! The real `understudyd` over loopback.
