//! Lambda: functions, their invocation, event source mappings, and the execution environments they run in.

pub mod execution;
mod execution_environment;
mod function_log;
mod python;
mod runtime_api;

pub use execution::{Execute, FunctionError, FunctionSpec, Invocation, InvokeError, Outcome};
