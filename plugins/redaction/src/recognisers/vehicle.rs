//! Cars: licence plates and vehicle identification numbers.

use crate::labels::{Label, Labels};
use crate::pieces::{Candidate, Pieces};
use crate::view::{View, is_word};

use super::Finding;

const PLATE: Labels = Labels::of(&[Label::Plate]);
const VIN: Labels = Labels::of(&[Label::Vin]);

/// Districts that issue German plates (Anlage 1 FZV and old ones that came back), in the order of their bytes.
const DISTRICTS: &[&str] = &[
    "A", "AA", "AB", "ABG", "ABI", "AC", "AE", "AH", "AIB", "AIC", "AK", "ALF", "ALZ", "AM", "AN", "ANA",
    "ANG", "ANK", "AP", "APD", "ARN", "ART", "AS", "ASL", "ASZ", "AT", "AU", "AUR", "AW", "AZ", "AZE", "AÖ",
    "B", "BA", "BAD", "BAR", "BB", "BBG", "BBL", "BC", "BCH", "BD", "BE", "BED", "BEI", "BEL", "BER", "BF",
    "BGD", "BGL", "BH", "BI", "BID", "BIN", "BIR", "BIT", "BIW", "BK", "BKS", "BL", "BLB", "BLK", "BM", "BN",
    "BNA", "BO", "BOG", "BOH", "BOR", "BOT", "BP", "BR", "BRA", "BRB", "BRG", "BRI", "BRK", "BRL", "BRV",
    "BS", "BSB", "BSK", "BT", "BTF", "BW", "BWL", "BYL", "BZ", "BZA", "BÖ", "BÜD", "BÜR", "BÜS", "BÜZ", "C",
    "CA", "CAS", "CB", "CE", "CHA", "CLP", "CLZ", "CO", "COC", "COE", "CR", "CUX", "CW", "D", "DA", "DAH",
    "DAN", "DAU", "DB", "DBR", "DD", "DE", "DEG", "DEL", "DGF", "DH", "DI", "DIL", "DIN", "DIZ", "DKB", "DL",
    "DLG", "DM", "DN", "DO", "DON", "DS", "DT", "DU", "DW", "DZ", "DÜW", "E", "EA", "EB", "EBE", "EBN",
    "EBS", "ECK", "ED", "EE", "EF", "EG", "EH", "EI", "EIC", "EIL", "EIN", "EIS", "EL", "EM", "EMD", "EMS",
    "EN", "ER", "ERB", "ERH", "ERK", "ERZ", "ES", "ESB", "ESW", "EU", "EUT", "EW", "F", "FB", "FD", "FDB",
    "FDS", "FEU", "FF", "FFB", "FG", "FH", "FI", "FKB", "FL", "FLÖ", "FN", "FO", "FOR", "FR", "FRG", "FRI",
    "FRW", "FS", "FT", "FTL", "FW", "FZ", "FÜ", "FÜS", "G", "GA", "GAN", "GAP", "GC", "GD", "GDB", "GE",
    "GEL", "GEM", "GEO", "GER", "GF", "GG", "GHA", "GHC", "GI", "GK", "GL", "GLA", "GM", "GMN", "GN", "GNT",
    "GOA", "GOH", "GP", "GR", "GRA", "GRH", "GRI", "GRM", "GRS", "GRZ", "GS", "GT", "GTH", "GUB", "GUN",
    "GV", "GVM", "GW", "GZ", "GÖ", "GÜ", "H", "HA", "HAB", "HAL", "HAM", "HAS", "HB", "HBN", "HBS", "HC",
    "HCH", "HD", "HDH", "HDL", "HE", "HEB", "HEF", "HEI", "HEL", "HER", "HET", "HF", "HG", "HGN", "HGW",
    "HH", "HHM", "HI", "HIG", "HIP", "HK", "HL", "HM", "HMÜ", "HN", "HO", "HOG", "HOH", "HOL", "HOM", "HOR",
    "HOT", "HP", "HR", "HRO", "HS", "HSK", "HST", "HU", "HUS", "HV", "HVL", "HWI", "HX", "HY", "HZ", "HÖS",
    "IGB", "IK", "IL", "ILL", "IN", "IZ", "J", "JB", "JE", "JEV", "JL", "JÜL", "K", "KA", "KAR", "KB", "KC",
    "KE", "KEH", "KEL", "KEM", "KF", "KG", "KH", "KI", "KIB", "KK", "KL", "KLE", "KLZ", "KM", "KN", "KO",
    "KR", "KRU", "KS", "KT", "KU", "KUS", "KW", "KY", "KYF", "KÖN", "KÖT", "KÖZ", "KÜN", "L", "LA", "LAN",
    "LAU", "LB", "LBS", "LBZ", "LC", "LD", "LDK", "LDS", "LEO", "LER", "LEV", "LF", "LG", "LH", "LI", "LIB",
    "LIF", "LIN", "LIP", "LL", "LM", "LN", "LOS", "LP", "LR", "LRO", "LSZ", "LU", "LUP", "LWL", "LÖ", "LÖB",
    "LÜN", "M", "MA", "MAB", "MAI", "MAK", "MAL", "MB", "MC", "MD", "ME", "MED", "MEG", "MEI", "MEK", "MEL",
    "MER", "MET", "MG", "MGH", "MGN", "MH", "MHL", "MI", "MIL", "MK", "MKK", "ML", "MM", "MN", "MO", "MOD",
    "MOL", "MON", "MOS", "MQ", "MR", "MS", "MSE", "MSH", "MSP", "MST", "MT", "MTK", "MTL", "MW", "MY", "MYK",
    "MZ", "MZG", "MÜ", "MÜB", "MÜR", "N", "NAB", "NAI", "NAU", "NB", "ND", "NDH", "NE", "NEA", "NEB", "NEC",
    "NEN", "NES", "NEU", "NEW", "NF", "NH", "NI", "NK", "NL", "NM", "NMB", "NMS", "NOH", "NOL", "NOM", "NOR",
    "NP", "NR", "NRW", "NRÜ", "NT", "NU", "NVP", "NW", "NWM", "NY", "NZ", "NÖ", "OA", "OAL", "OB", "OBB",
    "OBG", "OC", "OCH", "OD", "OE", "OF", "OG", "OH", "OHA", "OHV", "OHZ", "OK", "OL", "OP", "OPR", "OS",
    "OSL", "OT", "OVI", "OVL", "OVP", "P", "PA", "PAF", "PAN", "PAR", "PB", "PCH", "PE", "PEG", "PER", "PF",
    "PI", "PIR", "PL", "PLÖ", "PM", "PN", "PR", "PRÜ", "PS", "PW", "PZ", "QFT", "QLB", "R", "RA", "RC", "RD",
    "RDG", "RE", "REG", "REH", "REI", "RG", "RH", "RI", "RID", "RIE", "RL", "RM", "RN", "RO", "ROD", "ROF",
    "ROH", "ROK", "ROL", "ROS", "ROT", "ROW", "RP", "RS", "RSL", "RT", "RU", "RV", "RW", "RY", "RZ", "RÜD",
    "RÜG", "S", "SAB", "SAD", "SAL", "SAN", "SAW", "SB", "SBG", "SBK", "SC", "SCZ", "SDH", "SDL", "SDT",
    "SE", "SEB", "SEE", "SEF", "SEL", "SFA", "SFB", "SFT", "SG", "SGH", "SHA", "SHG", "SHK", "SHL", "SI",
    "SIG", "SIM", "SK", "SL", "SLE", "SLF", "SLG", "SLK", "SLN", "SLS", "SLZ", "SLÜ", "SM", "SMÜ", "SN",
    "SO", "SOB", "SOG", "SOK", "SON", "SP", "SPB", "SPN", "SR", "SRB", "SRO", "ST", "STA", "STB", "STD",
    "STE", "STL", "STO", "SU", "SUL", "SW", "SWA", "SY", "SZ", "SZB", "SÖM", "SÜW", "TBB", "TDO", "TE",
    "TET", "TF", "TG", "THL", "TIR", "TO", "TP", "TR", "TS", "TT", "TUT", "TÖL", "TÜ", "UE", "UEM", "UER",
    "UFF", "UH", "UL", "UM", "UN", "USI", "V", "VAI", "VB", "VEC", "VER", "VG", "VIB", "VIE", "VIT", "VK",
    "VL", "VOH", "VR", "VS", "W", "WA", "WAF", "WAK", "WAN", "WAR", "WAT", "WB", "WBS", "WDA", "WE", "WEL",
    "WEN", "WER", "WES", "WF", "WG", "WHV", "WI", "WIL", "WIS", "WIT", "WIZ", "WK", "WL", "WLG", "WM", "WMS",
    "WN", "WND", "WO", "WOB", "WOH", "WOL", "WOR", "WOS", "WR", "WRN", "WS", "WSF", "WST", "WSW", "WT",
    "WTL", "WTM", "WUG", "WUN", "WUR", "WW", "WZ", "WZL", "WÜ", "WÜM", "X", "Y", "Z", "ZE", "ZEL", "ZI",
    "ZIG", "ZP", "ZR", "ZS", "ZW", "ZZ", "ÖHR",
];

/// A plate that begins with the letters at `start`: district, one or two letters, up to four digits.
pub(super) fn plate(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    if is_word(view.before(start)) || matches!(view.before(start), b'-' | b'.' | b'/' | b'_' | b'@') {
        return;
    }
    if let Some((end, hyphen, digits)) = german_plate(view, start) {
        let context = pieces.context(view, end);
        let named = context.calls(PLATE) || context.before.meets(PLATE);
        let year = digits.len() == 4 && matches!(digits.get(..2), Some(b"19" | b"20"));
        let denied =
            context.nearest.is_some_and(|l| matches!(l, Label::Thing | Label::Version | Label::Customer));
        let score = match (named, hyphen) {
            (true, _) => 0.97,
            _ if denied || year => 0.3,
            (_, true) => 0.75,
            (_, false) if digits.len() >= 2 => 0.52,
            _ => 0.3,
        };
        out.push(Finding::new(start, end, "LICENSE_PLATE", score, "plate.de"));
    }
    foreign_plate(view, pieces, out);
}

/// The end of a German plate, whether a hyphen stands behind the district, and its digits.
fn german_plate<'v>(view: &'v View<'_>, start: usize) -> Option<(usize, bool, &'v [u8])> {
    let district_end = capitals_end(view, start, 4);
    if district_end == start {
        return None;
    }
    let hyphen =
        matches!(view.at(district_end), b'-' | b':') || view.slice(district_end, district_end + 3) == b" - ";
    let letters = district_end + if view.slice(district_end, district_end + 3) == b" - " { 3 } else { 1 };
    let letters_end = capitals_end(view, letters, 3);
    let digits = letters_end + usize::from(matches!(view.at(letters_end), b' ' | b'-'));
    let mut end = digits;
    while view.at(end).is_ascii_digit() {
        end += 1;
    }
    let fits = (hyphen || view.at(district_end) == b' ')
        && (1..=2).contains(&(letters_end - letters))
        && (1..=4).contains(&(end - digits))
        && view.at(digits) != b'0';
    let digits_end = end;
    if matches!(view.at(end), b'E' | b'H') && !is_word(view.at(end + 1)) {
        end += 1;
    }
    let goes_on = is_word(view.at(end))
        || (matches!(view.at(end), b'-' | b'/' | b'.' | b',' | b':')
            && is_word(view.at(end + 1))
            && view.at(end + 1).is_ascii_digit());
    let known = || {
        let district = std::str::from_utf8(view.slice(start, district_end));
        district.is_ok_and(|d| DISTRICTS.binary_search(&d).is_ok())
    };
    (fits && !goes_on && known()).then(|| (end, hyphen, view.slice(digits, digits_end)))
}

/// The end of a run of capitals, at most so many bytes; umlauts count.
fn capitals_end(view: &View<'_>, start: usize, bytes_max: usize) -> usize {
    let mut at = start;
    while at - start < bytes_max {
        match (view.at(at), view.at(at + 1)) {
            (b'A'..=b'Z', _) => at += 1,
            (0xC3, 0x84 | 0x96 | 0x9C) => at += 2,
            _ => break,
        }
    }
    at
}

/// Other countries' plates: only with a name, as their shapes are shapes of everything.
fn foreign_plate(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    let mut best = None;
    // "17 204 1999": nothing but numbers.
    if pieces.is_numeric() {
        return;
    }
    for candidate in pieces.candidates().filter(|c| (4..=8).contains(&c.symbols.len()) && !c.is_wrapped()) {
        let digits = candidate.digits.count_ones() as usize;
        let letters = candidate.symbols.len() - digits;
        let text = view.slice(candidate.start, candidate.end);
        if digits == 0 || letters == 0 || text.iter().any(u8::is_ascii_lowercase) {
            continue;
        }
        let british = is_shape(candidate.symbols, b"AA99AAA")
            && (candidate.is_whole() || candidate.is_laid_out(&[4, 3]));
        let indian = (8..=10).contains(&candidate.symbols.len())
            && is_shape(candidate.symbols.get(..4).unwrap_or_default(), b"AA99")
            && candidate
                .symbols
                .get(candidate.symbols.len() - 4..)
                .is_some_and(|s| s.iter().all(u8::is_ascii_digit));
        if !british && !indian && digits < 2 {
            continue;
        }
        let named = pieces.context(view, candidate.end).calls(PLATE);
        let score = match (named, british) {
            (true, true) => 0.95,
            (true, false) if indian || digits >= 2 => 0.8,
            (false, true) if candidate.is_laid_out(&[4, 3]) => 0.55,
            _ => continue,
        };
        best = Some((candidate.end, score));
    }
    if let Some((end, score)) = best {
        out.push(Finding::new(start, end, "LICENSE_PLATE", score, "plate.shape"));
    }
}

fn is_shape(symbols: &[u8], shape: &[u8]) -> bool {
    symbols.len() == shape.len()
        && symbols
            .iter()
            .zip(shape)
            .all(|(s, w)| if *w == b'9' { s.is_ascii_digit() } else { s.is_ascii_uppercase() })
}

/// A vehicle identification number that begins with the word at `start` (ISO 3779).
pub(super) fn vin(view: &View<'_>, pieces: &Pieces, out: &mut Vec<Finding>) {
    let start = pieces.start;
    if pieces.length() < 17
        || is_word(view.before(start))
        || matches!(view.before(start), b'-' | b'_' | b'/' | b'.')
    {
        return;
    }
    let Some(candidate) = pieces.candidates().find(|c| c.symbols.len() == 17) else { return };
    if is_word(view.at(candidate.end)) || candidate.symbols.iter().any(|s| b"IOQ".contains(s)) {
        return;
    }
    let digits = candidate.digits.count_ones();
    let named = pieces.context(view, candidate.end).calls(VIN);
    if !named && !candidate.is_whole() {
        return;
    }
    let lower = view.slice(start, candidate.end).iter().any(u8::is_ascii_lowercase);
    let score = match (named, is_checked(candidate.symbols)) {
        (true, _) if digits >= 3 => 0.97,
        (_, true) if candidate.is_whole() && digits < 17 && !lower => 0.85,
        _ if is_plausible(&candidate) && !lower => 0.6,
        _ => return,
    };
    out.push(Finding::new(start, candidate.end, "VIN", score, "vin.shape"));
}

/// The check digit of North America: ninth place.
fn is_checked(symbols: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let worth = |s: u8| match s {
        b'A'..=b'H' => u32::from(s - b'A') + 1,
        b'J'..=b'N' => u32::from(s - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(s - b'S') + 2,
        digit => u32::from(digit.saturating_sub(b'0')),
    };
    let rest = symbols.iter().zip(WEIGHTS).map(|(s, w)| worth(*s) * w).sum::<u32>() % 11;
    symbols
        .get(8)
        .is_some_and(|c| if rest == 10 { *c == b'X' } else { worth(*c) == rest && c.is_ascii_digit() })
}

/// Letters in front, a serial number of digits behind, in one piece.
fn is_plausible(candidate: &Candidate<'_>) -> bool {
    let head = candidate.symbols.get(..3).unwrap_or_default();
    let tail = candidate.symbols.get(12..).unwrap_or_default();
    candidate.is_whole()
        && head.iter().filter(|s| s.is_ascii_uppercase()).count() >= 2
        && tail.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, at: usize, rule: fn(&View<'_>, &Pieces, &mut Vec<Finding>)) -> Option<String> {
        let view = View::new(text);
        let mut out = Vec::new();
        rule(&view, &Pieces::read(&view, at), &mut out);
        out.iter().find(|f| f.score >= 0.5).map(|f| text[f.start..f.end].to_owned())
    }

    #[test]
    fn plates_of_districts_are_known() {
        for text in ["B-MW 1234", "M-AB 123E", "HH-XY 9", "LÖ-A 12", "B-MW1234", "KA PS 777"] {
            assert_eq!(found(text, 0, plate).as_deref(), Some(text));
        }
        assert_eq!(found("Kennzeichen B XY 1", 12, plate).as_deref(), Some("B XY 1"));
    }

    #[test]
    fn districts_are_in_the_order_that_they_are_searched_in() {
        assert!(DISTRICTS.is_sorted() && DISTRICTS.iter().all(|d| d.chars().count() <= 3));
    }

    #[test]
    fn model_names_and_unknown_districts_are_no_plates() {
        for text in ["XQ-AB 123", "USB-C 3", "MS-DOS 6", "A-B 0123", "IT-EM 2024"] {
            assert_eq!(found(text, 0, plate), None, "{text}");
        }
    }

    #[test]
    fn other_countries_plates_need_their_name() {
        assert_eq!(found("AB12 CDE", 0, plate).as_deref(), Some("AB12 CDE"));
        assert_eq!(found("7ABC123", 0, plate), None);
        assert_eq!(found("license plate 7ABC123", 14, plate).as_deref(), Some("7ABC123"));
    }

    #[test]
    fn a_vin_has_a_check_digit_a_name_or_a_serial_number() {
        assert_eq!(found("1HGCM82633A004352", 0, vin).as_deref(), Some("1HGCM82633A004352"));
        assert_eq!(found("WVWZZZ1JZXW000001", 0, vin).as_deref(), Some("WVWZZZ1JZXW000001"));
        assert_eq!(found("12345678901234567", 0, vin), None);
        assert_eq!(found("ABCDEFGHJKLMN1234", 0, vin), None);
    }
}
