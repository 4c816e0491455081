//! The sandbox from outside: small hand-written guests, each of which proves one sentence.

pub(crate) mod fixture;
pub(crate) mod guests;

mod hostile;
mod loading;
mod refusals;
mod replay;
mod sandbox;
mod two_tracks;
