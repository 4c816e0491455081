//! What an attached file is by its bytes, where that is dangerous: its name and declared type are claims of the
//! sender. A name that makes a desktop run it is dangerous whatever it holds. Looks, never opens: archives stay packed.

use infer::MatcherType;

use super::{File, page};

/// Endings that desktops and phones run or install by themselves.
const RUN_BY_NAME: &[&str] = &[
    "apk", "appx", "bat", "chm", "cmd", "com", "cpl", "dll", "dmg", "exe", "gadget", "hta", "iso", "jar",
    "js", "jse", "lnk", "msc", "msi", "msix", "pif", "ps1", "reg", "scf", "scr", "sh", "url", "vb", "vbe",
    "vbs", "wsf", "wsh", "xll",
];
/// Endings of Office's documents that may have macros.
const MACROS_BY_NAME: &[&str] = &["docm", "dotm", "potm", "ppam", "ppsm", "pptm", "xlam", "xlsm", "xltm"];
/// What a package with macros of Office holds, and an older file of Office in UTF-16.
const MACROS: [&[u8]; 2] = [b"vbaProject.bin", b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0"];

impl File {
    /// Why nobody should open it without looking twice; nothing when its bytes are no danger by themselves.
    #[must_use]
    pub fn danger(&self) -> Option<&'static str> {
        let found = infer::get(&self.bytes);
        // The marks of some programs are two letters, which a text may begin with.
        let is_text = || std::str::from_utf8(&self.bytes).is_ok_and(|text| !text.contains('\0'));
        if found.is_some_and(|kind| kind.matcher_type() == MatcherType::App) && !is_text() {
            return Some("a program");
        }
        let ending = self.file_name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        let holds = |needle: &[u8]| self.bytes.windows(needle.len()).any(|window| window == needle);
        if MACROS_BY_NAME.contains(&ending.as_str()) || MACROS.iter().any(|mark| holds(mark)) {
            return Some("a document with macros");
        }
        if self.bytes.starts_with(b"#!") || RUN_BY_NAME.contains(&ending.as_str()) {
            return Some("something that runs when it is opened");
        }
        let is_page = page::has_a_pages_name(&self.file_name)
            || page::is_a_pages_type(&self.content_type)
            || page::begins_as_page(&self.bytes);
        let may_act =
            page::has_a_packed_pages_name(&self.file_name) || (is_page && page::is_active(&self.bytes));
        may_act.then_some("a page with active content")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> File {
        File {
            file_name: name.to_owned(),
            content_type: "image/png".to_owned(),
            bytes: bytes.to_vec(),
            sha256: String::new(),
        }
    }

    #[test]
    fn bytes_tell_what_name_and_type_hide() {
        let macros = [b"PK\x03\x04 word/vbaProject.bin".as_slice(), b" rest"].concat();
        // A header of ELF has 64 bytes.
        let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
        for (name, bytes, what) in [
            ("holiday.png", b"MZ\x90\0\x03\0\0\0".as_slice(), "a program"),
            ("list.txt", &elf, "a program"),
            ("invoice.docx", &macros, "a document with macros"),
            ("notes.txt", b"#!/bin/sh\nrm -rf ~", "something that runs when it is opened"),
            ("invoice.pdf.js", b"var a = 1", "something that runs when it is opened"),
            ("setup.EXE", b"nothing harmful", "something that runs when it is opened"),
            ("link.url", b"[InternetShortcut]", "something that runs when it is opened"),
            ("table.xlsm", b"PK\x03\x04 xl/workbook.xml", "a document with macros"),
            ("page.html", b"<html><SCRIPT>x()</SCRIPT>", "a page with active content"),
            ("a.htm", b"<p onclick=x()>", "a page with active content"),
            ("a.txt", b"<!DOCTYPE html><html><head><script>x()", "a page with active content"),
            (
                "a",
                b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
                "a page with active content",
            ),
            ("picture.svg", b"<g><script>x()", "a page with active content"),
            ("picture.svgz", b"\x1f\x8b\x08", "a page with active content"),
        ] {
            assert_eq!(file(name, bytes).danger(), Some(what), "{name}");
        }
    }

    #[test]
    fn what_people_send_is_no_danger() {
        for (name, bytes) in [
            ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice()),
            ("invoice.pdf", b"%PDF-1.7 text"),
            ("letter.docx", b"PK\x03\x04 word/document.xml"),
            ("page.html", b"<p>Hello</p>"),
            ("page.txt", b"<p>Hello <a href='https://x.example'>there</a></p>"),
            ("parts.csv", b"MZ;BC;4"),
            ("how-to-use-script.txt", b"write <script> there"),
            ("empty", b""),
        ] {
            assert_eq!(file(name, bytes).danger(), None, "{name}");
        }
    }
}
