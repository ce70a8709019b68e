//! Pieces → bytes in a staging folder → read back → release.
