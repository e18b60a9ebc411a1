//! The runtimes that functions can be created for.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>

use service::ServiceError;

use crate::errors::invalid;

/// Runtimes that AWS creates functions for and that run here.
const RUNTIMES: [&str; 24] = [
    "provided.al2023",
    "provided.al2",
    "provided",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "dotnet6",
    "dotnet8",
    "dotnet10",
];
/// Families that AWS knows and that do not run here.
const FOREIGN_RUNTIMES: [&str; 6] = ["nodejs", "java", "dotnet", "ruby", "go1.x", "python2.7"];

/// Refuses what does not run here, in AWS's words where AWS refuses it too.
pub(crate) fn checked_runtime(runtime: String) -> Result<String, ServiceError> {
    if RUNTIMES.contains(&runtime.as_str()) {
        return Ok(runtime);
    }
    if FOREIGN_RUNTIMES.iter().any(|family| runtime.starts_with(family)) {
        let message =
            format!("The runtime {runtime} is not supported by Konekuta. It runs {}.", RUNTIMES.join(", "));
        return Err(invalid(message));
    }
    let message = format!(
        "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a \
         valid ARN",
        RUNTIMES.join(", ")
    );
    Err(invalid(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_nowhere_is_told_from_what_does_not_run_here() {
        assert_eq!(checked_runtime("python3.13".to_owned()).unwrap(), "python3.13");
        let refusal = |runtime: &str| checked_runtime(runtime.to_owned()).unwrap_err().message;
        assert!(refusal("cobol").starts_with("Value cobol at 'runtime' failed to satisfy constraint"));
        assert!(refusal("nodejs12.x").contains("not supported by Konekuta"));
        assert_eq!(checked_runtime("nodejs22.x".to_owned()).unwrap(), "nodejs22.x");
    }
}
