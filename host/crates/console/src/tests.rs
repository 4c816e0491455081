//! The console through its own door: a real desk on an in-memory database, pages read as text.

mod access;
mod answering;
mod articles;
mod attachments;
mod comforts;
mod customers;
mod pages;
mod personal;
mod search;
mod settings;
mod work;
mod world;
