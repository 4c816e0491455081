//! Models as the house uses them: made by hand, opened, used, imported, damaged.

mod encoder;
mod hostile;
mod imports;
mod maker;
mod table;
