//! What streets are called: endings of German compounds, English kinds of street, their states.

/// Endings that name a street and hardly anything else.
pub(super) const SURE: &[&str] =
    &["straße", "strasse", "straẞe", "str", "allee", "gasse", "chaussee", "gässchen", "gäßchen", "sträßchen", "strassli", "gässli", "twiete"];

/// Endings that also name other things: a postcode or a word such as "Adresse" must stand by.
pub(super) const LIKELY: &[&str] = &[
    "weg", "platz", "ring", "damm", "ufer", "stieg", "steig", "pfad", "hof", "markt", "graben", "brücke", "berg", "feld", "wall", "kai",
    "zeile", "promenade", "park", "siedlung", "winkel", "gärten", "kamp", "redder", "koppel", "heide", "wiese", "wiesen", "höhe", "grund",
    "aue", "tor", "garten", "hang", "blick", "bogen", "anger", "bach", "busch", "brink", "deich", "eck", "furt", "halde", "hain", "kehre",
    "leite", "mühle", "plan", "rain", "rondell", "schanze", "see", "sprung", "stiege", "tal", "teich", "trift", "wald", "wehr", "werder",
    "zentrum", "passage", "stadt", "dorf", "ort", "insel", "kreuz", "linden", "bruch", "born", "esch", "loh", "horst",
    "terrasse", "acker", "äcker", "ried", "moos", "matt", "quai", "rampe", "treppe", "stein", "steg",
];

/// Everyday words that end alike.
pub(super) const NOT_STREETS: &[&str] = &[
    "umweg", "ausweg", "vorsprung", "parkplatz", "arbeitsplatz", "sitzplatz", "stellplatz", "spielplatz", "fensterplatz", "standort",
    "bauernhof", "bahnhof", "flughafen", "friedhof", "supermarkt", "baumarkt", "nachtrag", "auftrag", "rechtsweg", "postweg", "dienstweg",
    "vorort", "wohnort", "geburtsort", "lieferort", "ort", "stadt", "dorf", "plan", "tal", "see", "park", "weg", "markt", "platz", "berg",
    "feld", "ring", "hof", "wald", "garten", "teil", "grund", "hintergrund", "vordergrund", "zeitplan", "fahrplan", "lageplan", "tarif",
    "stein", "baustein", "meilenstein", "stern", "eck", "insel", "kreuz", "tor", "zentrum", "rechenzentrum", "ladeplatz", "campingplatz",
    "zwischenstadt", "stand", "vorrang", "umfang", "eingang", "ausgang", "zugang", "sonntag", "vertrag", "betrag", "kapitel", "abschnitt",
    "datenfeld", "eingabefeld", "textfeld", "formularfeld", "marktplatz", "speicherplatz", "lieferweg", "versandweg", "rückweg", "hinweg",
];

/// English kinds of street that are hardly anything else behind a number and a capital.
pub(super) const STREETS: &[&str] = &[
    "street", "st", "road", "rd", "avenue", "ave", "av", "lane", "ln", "drive", "dr", "boulevard", "blvd", "court", "ct", "terrace", "ter", "crescent",
    "cres", "parkway", "pkwy", "highway", "hwy", "circle", "cir", "mews", "alley", "turnpike", "freeway", "expressway", "causeway", "trail", "trl", "close", "way",
    "place", "pl", "square", "sq", "gardens", "gdns", "grove", "walk", "row", "plaza", "loop", "broadway", "quay", "path", "rue", "via", "calle",
];

/// Words that end a street's name as well (the postal service's list), if a postcode follows.
pub(super) const STREETS_WITH_POSTCODE: &[&str] = &[
    "branch", "bridge", "brook", "brooks", "burg", "burgs", "bypass", "camp", "canyon", "cape", "center", "centers", "circles", "cliff", "cliffs",
    "club", "common", "corner", "corners", "course", "courts", "cove", "coves", "creek", "crest", "crossing", "crossroad", "curve", "dale", "dam",
    "divide", "drives", "estate", "estates", "extension", "extensions", "fall", "falls", "ferry", "field", "fields", "flat", "flats", "ford", "fords",
    "forest", "forge", "forges", "fork", "forks", "fort", "garden", "gateway", "glen", "glens", "green", "greens", "groves", "harbor", "harbors",
    "haven", "heights", "hill", "hills", "hollow", "inlet", "island", "islands", "isle", "junction", "junctions", "key", "keys", "knoll", "knolls",
    "lake", "lakes", "land", "landing", "light", "lights", "loaf", "lock", "locks", "lodge", "mall", "manor", "manors", "meadow", "meadows", "mill",
    "mills", "mission", "motorway", "mount", "mountain", "mountains", "neck", "orchard", "oval", "overpass", "park", "parks", "parkways", "pass",
    "passage", "pike", "pine", "pines", "plain", "plains", "point", "points", "port", "ports", "prairie", "radial", "ramp", "ranch", "rapid", "rapids",
    "rest", "ridge", "ridges", "river", "roads", "route", "run", "shoal", "shoals", "shore", "shores", "skyway", "spring", "springs", "spur",
    "spurs", "squares", "station", "stravenue", "stream", "streets", "summit", "throughway", "trace", "track", "trafficway", "tunnel", "underpass",
    "union", "unions", "valley", "valleys", "viaduct", "view", "views", "village", "villages", "ville", "vista", "walks", "wall", "ways", "well", "wells",
];

/// States, territories and military post of the United States; Canada's provinces, Australia's states.
pub(super) const STATES: &str = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN \
TX UT VT VA WA WV WI WY DC PR VI GU AS MP FM MH PW AA AE AP AB BC MB NB NL NS NT NU ON PE QC SK YT NSW VIC QLD SA TAS ACT ";

/// Words that say that an address comes.
pub(super) const CALLS: &[&str] = &[
    "adresse", "anschrift", "lieferadresse", "rechnungsadresse", "wohne", "wohnt", "wohnen", "wohnhaft", "wohnort", "wohnsitz", "lieferanschrift",
    "address", "live", "lives", "living", "reside", "resides", "postanschrift", "umgezogen", "umzug", "moved", "hausanschrift", "rechnungsanschrift",
    "straße", "strasse", "str", "street", "gezogen", "zuhause", "located", "deliver", "delivery", "ship", "shipping", "shipped", "lieferung", "geliefert", "abgeben",
    "versandadresse", "absender", "empfänger", "zugestellt", "neue", "adresse",
];
