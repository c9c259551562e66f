//! A door: the command line, one file a verb.

mod administration;
mod args;
mod backup;
mod changes;
mod check;
mod client;
mod demo;
mod diagnostics;
mod explained;
mod export;
mod failure;
mod keys;
mod list;
mod load;
mod output;
mod query;
mod rules;
pub mod run;
mod scratch;
mod serve;
mod source;
mod verify;
mod write;
