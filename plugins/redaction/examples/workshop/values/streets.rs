//! Streets as people write them in passing: without postcode, without a town, with a unit before.

use super::{Filled, found};
use crate::chance::Chance;
use crate::words::Words;

pub(super) fn of(slot: &str, words: &Words, chance: &mut Chance) -> Filled {
    let house = 1 + chance.below(180);
    let street = english(words, chance);
    let text = match slot {
        "street_en" => format!("{house} {street}"),
        "street_en_town" => format!("{house} {street}, {}", town(words, chance)),
        "street_en_unit" => {
            let unit = *chance.pick(&["Flat", "Apartment", "Unit", "Suite"]);
            format!("{unit} {}, {house} {street}", 1 + chance.below(40))
        }
        "street_de_bare" => {
            let kind = *chance.pick(&["straße", "weg", "gasse", "allee", "ring"]);
            format!("{}{kind} {house}", chance.pick(&words.last))
        }
        _ => return None,
    };
    found(text, "ADDRESS")
}

fn english(words: &Words, chance: &mut Chance) -> String {
    let name = chance.pick(&words.last).clone();
    let kind =
        *chance.pick(&["Street", "Road", "Avenue", "Lane", "Drive", "Close", "Crescent", "Way", "Rd", "Ave"]);
    format!("{name} {kind}")
}

fn town(words: &Words, chance: &mut Chance) -> String {
    if chance.percent(50) {
        return (*chance.pick(&["Leeds", "Bristol", "York", "Boston", "Dublin", "Denver", "Norwich"]))
            .to_owned();
    }
    chance.pick(&words.last).clone()
}
