//! Bank identifiers: eight capitals are mostly words, so a label or an IBAN must stand by.

use crate::view::{View, is_word};

/// How far behind its label a BIC is looked for.
const LABEL_REACH_BYTES: usize = 24;
/// How far from an IBAN a BIC is looked for.
const IBAN_REACH_BYTES: usize = 64;

/// Countries with banks in the network, as two letters each.
const COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOARATAUAWAZBABBBDBEBFBGBHBIBJBMBNBOBRBSBTBWBYBZCACDCFCGCHCICKCLCMCNCOCRCUCVCWCYCZDEDJDKDMDODZECEEEGERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGTGUGWGYHKHNHRHTHUIDIEILIMINIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMGMHMKMLMMMNMOMQMRMSMTMUMVMWMXMYMZNANCNENGNINLNONPNRNZOMPAPEPFPGPHPKPLPMPRPSPTPWPYQARERORSRURWSASBSCSDSESGSISKSLSMSNSOSRSSSTSVSXSYSZTCTDTGTHTJTLTMTNTOTRTTTVTWTZUAUGUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// A BIC behind the label that begins at `place`.
pub(crate) fn labelled_bic_at(view: &View<'_>, place: usize) -> Option<(usize, usize)> {
    let label = [b"bic".as_slice(), b"swift"]
        .into_iter()
        .find(|l| view.slice(place, place + l.len()).eq_ignore_ascii_case(l))?;
    if is_word(view.before(place)) || is_word(view.at(place + label.len())) {
        return None;
    }
    words(view, place + label.len(), place + label.len() + LABEL_REACH_BYTES)
        .find(|(start, end)| is_bic(view.slice(*start, *end)))
}

/// A BIC near an IBAN: in capitals, as banks print it.
pub(crate) fn bic_near(view: &View<'_>, iban: (usize, usize)) -> Option<(usize, usize)> {
    let capitals = |span: &(usize, usize)| {
        let word = view.slice(span.0, span.1);
        is_bic(word) && !word.iter().any(u8::is_ascii_lowercase)
    };
    let behind = words(view, iban.1, iban.1 + IBAN_REACH_BYTES).find(capitals);
    behind.or_else(|| words(view, iban.0.saturating_sub(IBAN_REACH_BYTES), iban.0).filter(capitals).last())
}

/// Whole words that begin between two places.
fn words<'v>(view: &'v View<'_>, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> + 'v {
    let mut at = from;
    std::iter::from_fn(move || {
        while at < to && (!is_word(view.at(at)) || is_word(view.before(at))) {
            at += 1;
        }
        if at >= to.min(view.len()) {
            return None;
        }
        let start = at;
        while is_word(view.at(at)) && at - start < 64 {
            at += 1;
        }
        Some((start, at))
    })
}

/// Four letters, a country, two symbols, and three more for a branch.
fn is_bic(word: &[u8]) -> bool {
    let (true, Some(bank), Some(country)) = (matches!(word.len(), 8 | 11), word.get(..4), word.get(4..6))
    else {
        return false;
    };
    let country = country.to_ascii_uppercase();
    bank.iter().all(u8::is_ascii_alphabetic) && word.is_ascii() && COUNTRIES.chunks(2).any(|c| c == country)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(text: &str) -> Option<String> {
        let view = View::new(text);
        (0..view.len()).find_map(|at| labelled_bic_at(&view, at)).map(|(s, e)| text[s..e].to_owned())
    }

    #[test]
    fn a_label_makes_a_bic() {
        assert_eq!(labelled("BIC: COBADEFFXXX").as_deref(), Some("COBADEFFXXX"));
        assert_eq!(labelled("SWIFT-Code deutdeff").as_deref(), Some("deutdeff"));
        assert_eq!(labelled("aerobic COBADEFF"), None);
        assert_eq!(labelled("BIC unbekannt"), None);
    }

    #[test]
    fn beside_an_iban_only_capitals_count() {
        let near = |text: &str| {
            let view = View::new(text);
            let start = text.find("DE89").unwrap();
            bic_near(&view, (start, start + 22)).map(|(s, e)| text[s..e].to_owned())
        };
        assert_eq!(near("DE89370400440532013000, COBADEFFXXX").as_deref(), Some("COBADEFFXXX"));
        assert_eq!(near("COBADEFF / DE89370400440532013000").as_deref(), Some("COBADEFF"));
        assert_eq!(near("DE89370400440532013000 Guthaben bestellt"), None);
        assert_eq!(near("DE89370400440532013000 RECHNUNG"), None);
    }
}
