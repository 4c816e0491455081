//! The ways a person's letter is put into bytes: charsets undeclared or declared falsely, broken headers and
//! boundaries, odd structures. Each keeps what was written; none knows what is expected of it.

use super::Letter;
use super::encode::{
    b_word, base64, base64_lines, html, q_word, quoted_printable, utf_16, windows_1251, windows_1252,
};

/// A way of wrapping: nothing where it cannot hold the letter.
pub type Wrapping = fn(&Letter) -> Option<Vec<u8>>;

/// A way of writing a subject, by name.
type Writing = (&'static str, fn(&str) -> String);

pub const SUBJECTS: &[Writing] = &[
    ("raw", str::to_owned),
    ("Q", |subject| q_word("utf-8", subject.as_bytes())),
    ("B", |subject| b_word("UTF-8", subject.as_bytes())),
    ("B split inside characters", |subject| {
        let words: Vec<String> = subject.as_bytes().chunks(7).map(|c| b_word("utf-8", c)).collect();
        words.join("\n ")
    }),
    ("Q split inside characters", |subject| {
        let words: Vec<String> = subject.as_bytes().chunks(5).map(|c| q_word("utf-8", c)).collect();
        words.join(" ")
    }),
    ("folded at every blank", |subject| subject.replace(' ', "\n ")),
    ("folded with tabs and CR LF", |subject| subject.replacen(' ', "\r\n\t", 1)),
    ("quoted encoded word", |subject| format!("\"{}\"", q_word("utf-8", subject.as_bytes()))),
    ("lower case with a language", |subject| q_word("utf-8*de", subject.as_bytes()).replace("?Q?", "?q?")),
    ("B without padding", |subject| {
        b_word("utf-8", subject.as_bytes()).replace("=?=", "?=").replace("=?=", "?=")
    }),
];

/// Header of a letter, open for more fields.
pub fn head(letter: &Letter) -> String {
    format!(
        "From: {} <{}>\nTo: help@shop.example\nSubject: {}\nMessage-ID: <1@client.example>\nDate: Mon, 4 May 2026 10:12:00 +0200\nMIME-Version: 1.0\n",
        q_word("utf-8", "Ä. Sender".as_bytes()),
        letter.from,
        q_word("utf-8", letter.subject.as_bytes()),
    )
}

fn with(letter: &Letter, fields: &str, body: &[u8]) -> Option<Vec<u8>> {
    Some([head(letter).as_bytes(), fields.as_bytes(), b"\n\n", body].concat())
}

fn multipart(letter: &Letter, kind: &str, parts: &[&str]) -> Option<Vec<u8>> {
    let parts: String = parts.iter().map(|part| format!("--=_cut\n{part}\n")).collect();
    with(
        letter,
        &format!("Content-Type: multipart/{kind}; boundary=\"=_cut\""),
        format!("{parts}--=_cut--\n").as_bytes(),
    )
}

fn plain(letter: &Letter) -> String {
    format!("Content-Type: text/plain; charset=utf-8\n\n{}", letter.text)
}

const PICTURE: &str = "Content-Type: image/png\nContent-Transfer-Encoding: base64";

pub const WRAPPINGS: &[(&str, Wrapping)] = &[
    ("utf-8 as it is", |l| with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())),
    ("nothing declared, utf-8", |l| with(l, "X-Mailer: plain", l.text.as_bytes())),
    ("nothing declared, windows-1252", |l| with(l, "X-Mailer: plain", &windows_1252(&l.text)?)),
    ("nothing declared, windows-1251", |l| with(l, "X-Mailer: plain", &windows_1251(&l.text)?)),
    ("utf-8 declared as ascii", |l| with(l, "Content-Type: text/plain; charset=us-ascii", l.text.as_bytes())),
    ("utf-8 declared as latin 1", |l| {
        with(l, "Content-Type: text/plain; charset=iso-8859-1", l.text.as_bytes())
    }),
    ("windows-1252 declared as latin 1", |l| {
        with(l, "Content-Type: text/plain; charset=ISO-8859-1", &windows_1252(&l.text)?)
    }),
    ("windows-1252 declared as utf-8", |l| {
        with(l, "Content-Type: text/plain; charset=utf-8", &windows_1252(&l.text)?)
    }),
    ("charset nobody knows", |l| with(l, "Content-Type: text/plain; charset=x-unknown", l.text.as_bytes())),
    ("charset left empty", |l| with(l, "Content-Type: text/plain; charset=", l.text.as_bytes())),
    ("charset in quotes and capitals", |l| {
        with(l, "CONTENT-TYPE: TEXT/PLAIN; CHARSET='UTF-8'", l.text.as_bytes())
    }),
    ("utf-16 in base64", |l| {
        let body = base64_lines(&utf_16(&l.text), 76);
        with(
            l,
            "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64",
            body.as_bytes(),
        )
    }),
    ("quoted-printable, narrow", |l| {
        let body = quoted_printable(l.text.as_bytes(), 20);
        with(
            l,
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable",
            body.as_bytes(),
        )
    }),
    ("quoted-printable in small letters", |l| {
        let body = quoted_printable(l.text.as_bytes(), 76);
        let body: String = body.split('=').enumerate().map(|(n, piece)| lower_start(n, piece)).collect();
        with(
            l,
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable",
            body.as_bytes(),
        )
    }),
    ("base64 in ragged lines without padding", |l| {
        let body = base64_lines(l.text.as_bytes(), 13).replace('=', "");
        with(l, "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64", body.as_bytes())
    }),
    ("CR LF", |l| {
        let raw = with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())?;
        Some(String::from_utf8(raw).ok()?.replace('\n', "\r\n").into_bytes())
    }),
    ("CR only", |l| {
        let raw = with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())?;
        Some(String::from_utf8(raw).ok()?.replace('\n', "\r").into_bytes())
    }),
    ("CR CR LF", |l| {
        let raw = with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())?;
        Some(String::from_utf8(raw).ok()?.replace('\n', "\r\r\n").into_bytes())
    }),
    ("an mbox line in front", |l| {
        let raw = with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())?;
        Some([b"From ana@client.example Mon May  4 10:12:00 2026\n", raw.as_slice()].concat())
    }),
    ("a byte order mark in front", |l| {
        let raw = with(l, "Content-Type: text/plain; charset=utf-8", l.text.as_bytes())?;
        Some([b"\xef\xbb\xbf", raw.as_slice()].concat())
    }),
    ("two hundred fields of a gateway", |l| {
        let fields: String = (0..200).map(|n| format!("X-Gateway-{n}: {}\n", "y".repeat(200))).collect();
        with(l, &format!("{fields}Content-Type: text/plain; charset=utf-8"), l.text.as_bytes())
    }),
    ("five hundred recipients", |l| {
        let to: Vec<String> = (0..500).map(|n| format!("\"P. {n}\" <p{n}@client.example>")).collect();
        with(
            l,
            &format!("Cc: {}\nContent-Type: text/plain; charset=utf-8", to.join(",\n ")),
            l.text.as_bytes(),
        )
    }),
    ("alternative, both alike", |l| {
        let page = format!("Content-Type: text/html; charset=utf-8\n\n{}", html(&l.text));
        multipart(l, "alternative", &[&plain(l), &page])
    }),
    ("alternative, the plain part empty", |l| {
        let page = format!("Content-Type: text/html; charset=utf-8\n\n{}", html(&l.text));
        multipart(l, "alternative", &["Content-Type: text/plain\n\n \n", &page])
    }),
    ("HTML alone, quoted-printable", |l| {
        let page =
            format!("<html><head><style>p {{ color: red }}</style></head><body>{}</body>", html(&l.text));
        let body = quoted_printable(page.as_bytes(), 76);
        with(
            l,
            "Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable",
            body.as_bytes(),
        )
    }),
    ("HTML alone that declares its charset itself", |l| {
        let page = format!("<html><meta charset=windows-1252><body>{}", html(&l.text));
        with(l, "Content-Type: text/html", &windows_1252(&page)?)
    }),
    ("HTML never closed", |l| {
        let page = format!("<table><tr><td><div><b><font size=2>{}", html(&l.text).replace("</p>", ""));
        with(l, "Content-Type: text/html; charset=utf-8", page.as_bytes())
    }),
    ("a picture beside it", |l| multipart(l, "mixed", &[&plain(l), &format!("{PICTURE}\n\niVBORw0KGgo=")])),
    ("the end missing", |l| {
        let mut raw = multipart(l, "mixed", &[&plain(l)])?;
        raw.truncate(raw.len() - "--=_cut--\n".len());
        Some(raw)
    }),
    ("the boundary in the header is another one", |l| {
        let raw = String::from_utf8(multipart(l, "mixed", &[&plain(l)])?).ok()?;
        Some(raw.replacen("boundary=\"=_cut\"", "boundary=other", 1).into_bytes())
    }),
    ("no boundary in the header", |l| {
        let raw = String::from_utf8(multipart(l, "mixed", &[&plain(l)])?).ok()?;
        Some(raw.replacen("; boundary=\"=_cut\"", "", 1).into_bytes())
    }),
    ("the inner multipart has the outer one's boundary", |l| {
        let inner =
            format!("Content-Type: multipart/alternative; boundary=\"=_cut\"\n\n--=_cut\n{}", plain(l));
        multipart(l, "mixed", &[&inner])
    }),
    ("nested ten deep", |l| {
        let deep = (0..10).fold(plain(l), |inner, n| {
            format!("Content-Type: multipart/mixed; boundary=d{n}\n\n--d{n}\n{inner}\n--d{n}--")
        });
        multipart(l, "mixed", &[&deep])
    }),
    ("words before and after the parts", |l| {
        let raw = String::from_utf8(multipart(l, "mixed", &[&plain(l)])?).ok()?;
        let raw = raw.replacen("\n\n--=_cut", "\n\nThis is a message in several parts.\n\n--=_cut", 1);
        Some(format!("{raw}\nThe end of the message.\n").into_bytes())
    }),
    ("a winmail.dat beside it", |l| {
        let file = base64(b"\x78\x9f\x3e\x22\x01\x00\x06\x90\x08\x00");
        let file = format!(
            "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Disposition: attachment; filename=winmail.dat\nContent-Transfer-Encoding: base64\n\n{file}"
        );
        multipart(l, "mixed", &[&plain(l), &file])
    }),
    ("signed with a detached signature", |l| {
        let signature = "Content-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----";
        multipart(l, "signed; protocol=\"application/pgp-signature\"", &[&plain(l), signature])
    }),
    ("flowed", |l| {
        let text: Vec<String> = l.text.lines().map(flowed).collect();
        with(l, "Content-Type: text/plain; charset=utf-8; format=flowed", text.join("\n").as_bytes())
    }),
];

/// A line broken at its blanks, each break marked by the blank that stays.
fn flowed(line: &str) -> String {
    let mut out = String::new();
    for (n, word) in line.split(' ').enumerate() {
        if n > 0 {
            out.push_str(if n % 5 == 0 { " \n" } else { " " });
        }
        out.push_str(word);
    }
    out
}

/// The two digits behind an equals sign in small letters.
fn lower_start(n: usize, piece: &str) -> String {
    match piece.get(..2) {
        Some(digits) if n > 0 => format!("={}{}", digits.to_lowercase(), piece.get(2..).unwrap_or("")),
        _ if n > 0 => format!("={piece}"),
        _ => piece.to_owned(),
    }
}

/// How an attachment's name can be written, and the name that people should see.
pub const FILE_NAMES: &[(&str, &str)] = &[
    ("filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf"),
    ("filename*0*=utf-8''Gr%C3%B6;\n filename*1*=%C3%9Fe.pdf", "Größe.pdf"),
    ("filename*0=\"long \";\n filename*1=\"name.pdf\"", "long name.pdf"),
    ("filename=\"=?utf-8?q?Gr=C3=B6=C3=9Fe.pdf?=\"", "Größe.pdf"),
    ("filename==?utf-8?b?R3LDtsOfZS5wZGY=?=", "Größe.pdf"),
    ("filename=\"Größe.pdf\"", "Größe.pdf"),
    ("filename=bill of May.pdf", "bill of May.pdf"),
    ("filename=\"..\\\\..\\\\bill.pdf\"", "bill.pdf"),
    ("filename=\"../../bill.pdf\"", "bill.pdf"),
    ("filename*=iso-8859-1'de'Gr%F6%DFe.pdf", "Größe.pdf"),
];
