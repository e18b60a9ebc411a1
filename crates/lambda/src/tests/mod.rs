//! Lambda's requests as clients write them and its tasks, over the engine in memory, with functions that are closures.
//! Expected answers are AWS's.

mod asynchronous;
mod bench;
mod destinations;
mod function_urls;
mod functions;
mod invoke;
mod layers;
mod mappings;
mod provisioned;
mod versions;
