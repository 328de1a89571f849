//! What happened: one SQLite file with incidents, exchanges and their attempts, written by one writer.
