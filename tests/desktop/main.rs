//! The real tray application under Xvfb.
