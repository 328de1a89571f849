//! How we look: when to poll, one file per status-page dialect, probes, am-I-online. It reports, and never judges.
