//! The API through its own door: a real desk on an in-memory database, a standing clock, and every answer
//! held against the OpenAPI document.

mod administration;
mod attachments;
mod document;
mod errors;
mod guest;
mod pace;
mod plugins;
mod repeats;
mod tickets;
mod world;
