//! Written by the execution half.
