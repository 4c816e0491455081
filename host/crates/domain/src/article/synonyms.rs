//! Words that customers use for the same thing, in German and English: one line is one group. Words that
//! are written apart stand joined here (“get rid”, “sign in”: getrid, signin), as the index joins them too.
//! A synonym counts less than the word itself, so a group may be generous.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::Tongue;

/// Stems of the words that may stand for this stem, without itself.
pub(super) fn of(tongue: Tongue, stem: &str) -> &'static [String] {
    let groups = match tongue {
        Tongue::German => &*GERMAN_STEMS,
        Tongue::English => &*ENGLISH_STEMS,
        Tongue::Other => return &[],
    };
    groups.get(stem).map_or(&[], Vec::as_slice)
}

static GERMAN_STEMS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| read(Tongue::German, GERMAN));
static ENGLISH_STEMS: LazyLock<HashMap<String, Vec<String>>> =
    LazyLock::new(|| read(Tongue::English, ENGLISH));

fn read(tongue: Tongue, lines: &str) -> HashMap<String, Vec<String>> {
    let mut out: HashMap<String, Vec<String>> = HashMap::new();
    for line in lines.lines() {
        let mut stems: Vec<String> = line.split_whitespace().map(|w| tongue.word(w).stem).collect();
        stems.sort_unstable();
        stems.dedup();
        for stem in &stems {
            let others = out.entry(stem.clone()).or_default();
            for other in stems.iter().filter(|other| *other != stem) {
                if !others.contains(other) {
                    others.push(other.clone());
                }
            }
        }
    }
    out
}

const ENGLISH: &str = "
delete remove erase getrid drop clear wipe purge discard eliminate
cancel terminate stop end quit unsubscribe
close shut deactivate disable
suspend pause hold freeze interrupt
disable turnoff switchoff deactivate stop prevent block suppress hide mute
enable turnon switchon activate allow
login logon signin access enter loggedin signedin
logout logoff signout
register signup join enroll enrol registration enrolment enrollment subscribe
password passphrase passcode pin credentials
reset recover restore forgot forgotten lost
restore recover retrieve revert undo getback bringback rollback
username handle nickname account
account profile membership
name rename title
change modify edit alter update adjust amend switch replace
create make add new setup build generate start compose write
add insert include attach put append
install setup configure configuration settings
settings preferences options configuration
find locate search lookup discover see view show where
see view show display look watch read
list overview table
hide conceal invisible private
copy duplicate clone replicate
move transfer migrate relocate shift
transfer handover pass migrate
merge combine join unite consolidate together
split divide separate
duplicate double repeated identical twice same repeat
unique distinct
import upload load bringin
export download save backup extract
backup copy archive save
sync synchronize synchronise synchronization update
share publish collaborate giveaccess permission
permission access right rights allow authorize authorise role
public visible everyone
private secret hidden confidential
email mail message emails
message text chat post conversation
sms text message
inbox mailbox
folder directory label category
label tag category
attachment file attach
file document doc
document doc paper file
spreadsheet sheet table workbook
row line
column field
cell field
picture photo image pic photograph
video clip film movie recording
caption subtitle
link url address hyperlink
website site webpage page
phone mobile smartphone cell cellphone telephone iphone android device
computer pc laptop desktop machine device
app application program software tool client
call phone ring telephone contact
contact reach touch write call
friend buddy contact
user member person people
someone somebody person
colleague coworker teammate
team group
company firm business organisation organization employer
employee staff worker
job work position employment vacancy career
send deliver dispatch ship mail submit forward
receive get obtain
forward redirect pass resend
recall unsend takeback undo
schedule plan later timed automatically
calendar schedule diary agenda
appointment meeting event booking slot
event entry appointment
recurring repeat repeating repeated regular weekly
remind reminder notification alert
notification alert notify ping
error bug issue fault crash fail failure broken problem wrong malfunction
slow lag delay
fix repair solve resolve
block ban blacklist
spam junk phishing unwanted
hacked compromised stolen hijacked breach breached takenover
secure security safe protect protection safety
protect lock secure guard readonly
verify confirm validate authenticate verification confirmation
2fa twofactor twostep mfa
code number token
invoice bill receipt
pay payment charge purchase settle
price cost fee charge expensive rate
cost price pay fee much
free gratis complimentary nocharge
refund moneyback reimburse reimbursement return repay
return sendback giveback
exchange swap replace
order purchase buy
buy purchase get order acquire
discount voucher coupon promo code rebate reduction
subscription plan membership contract tariff
contract agreement
upgrade update newer premium
delivery shipping shipment parcel package dispatch
parcel package shipment
arrive come delivered arrival
late delayed overdue
track trace follow tracking whereabouts
damaged broken defective faulty defect
warranty guarantee
address residence
moving move relocate
opening open hours
hours times open opening
closed holiday
weekend saturday sunday
holiday vacation leave
deadline due date last
date day
begin start commence
finish end complete conclude
extend extension prolong renew lengthen
renew renewal extend
expire expiry expiration valid
postpone defer delay reschedule
reschedule move shift postpone
apply application request
request ask apply
document certificate proof paper
certificate certification diploma proof
id identity identification passport
card badge
form questionnaire
print printout paper
language translate translation
size dimension big large
big large huge
small little tiny
space room storage capacity quota
quota limit maximum
full exceeded
limit maximum max restriction
color colour
highlight mark colour
font typeface
background wallpaper theme
count number quantity
calculate compute sum
difference between
sort order arrange rank
filter rule
group category
automatic automatically auto
offline nointernet withoutinternet
internet web online network connection wifi
connection connect link
wifi wlan wireless
browser chrome firefox
keyboard shortcut key
sound audio volume noise
speed fast quick rate
quality resolution
help support assistance
support help service
complaint complain
feedback review rating
rate rating review
course class lecture module training
lecture class lesson session
teacher instructor lecturer tutor professor
student learner participant pupil
exam test assessment quiz
homework assignment exercise task coursework
grade mark score result
project assignment
fail failed pass
deadline cutoff due
video recording recorded
watch view
late join
prerequisite requirement required need
requirement required necessary mandatory must
mandatory compulsory required obligatory
optional voluntary
eligible entitled qualify
doctor physician gp practitioner medic
hospital clinic
nurse caregiver
patient sufferer
illness disease sickness condition infection disorder
sick ill unwell
symptom sign indication
infect infection infected catch contract transmission
transmit spread transmission pass contagious infectious
contagious infectious spread
covid covid19 coronavirus corona sarscov2 sars virus
flu influenza
cold cough
fever temperature
vaccine vaccination jab shot immunization immunisation immunize vaccinated inoculation
medicine medication drug pill tablet treatment
treat treatment therapy cure care
cure heal recover treatment
test testing screening check
quarantine isolation isolate selfisolate
mask facemask facecovering
distance distancing apart
risk danger dangerous hazard
risky dangerous unsafe
safe safety secure
prevent prevention avoid protect
avoid prevent
child kid children baby infant toddler son daughter
pregnant pregnancy expecting
old elderly senior older
die death dead fatal mortality
pet animal dog cat
food eat meal diet nutrition
drink beverage
clean disinfect sanitize wash hygiene
disinfect sanitizer disinfectant
travel trip journey fly
fly flight plane
stay remain
school university college
insurance coverage insured
prescription refill
blood lab
result outcome finding
pain hurt ache
car vehicle auto
parking park
ticket pass
bus train transport
bike bicycle cycle
house home flat apartment
rent lease
landlord owner
electricity power energy
bin trash garbage waste rubbish
borrow loan lend checkout
fine penalty fee
difference compare versus
safe store
";

const GERMAN: &str = "
löschen entfernen beseitigen loswerden tilgen löschung
kündigen beenden aufheben abmelden austreten kündigung auflösen
stornieren absagen widerrufen abbestellen stornierung storno absage abmelden
verschieben verlegen ändern umbuchen vertagen
pausieren unterbrechen aussetzen ruhen
sperren blockieren sperre sperrung
abschalten ausschalten deaktivieren abstellen
einschalten aktivieren freischalten anschalten einrichten
anmelden einloggen login anmeldung zugang zugreifen registrieren
abmelden ausloggen logout
registrieren anmelden registrierung anmeldung eintragen anlegen
passwort kennwort zugangsdaten pin
zurücksetzen vergessen verloren wiederherstellen
verloren vergessen weg abhanden verlust gestohlen auffindbar
konto account kundenkonto profil benutzerkonto
name namen umbenennen
ändern wechseln bearbeiten anpassen aktualisieren änderung umstellen
wechseln tauschen ersetzen wechsel
anlegen erstellen erzeugen einrichten neu
hinzufügen einfügen ergänzen
suchen finden auffinden
sehen ansehen anzeigen anschauen einsehen einsicht nachsehen
kopieren kopie duplizieren
übertragen umziehen transferieren
herunterladen download speichern exportieren sichern
hochladen upload importieren einstellen
schicken senden einsenden übermitteln zusenden verschicken zuschicken mailen
erhalten bekommen kriegen
email mail emails nachricht
nachricht mitteilung
anrufen telefon telefonisch anruf telefonnummer rufnummer hotline
telefon handy mobiltelefon smartphone
erreichen kontaktieren kontakt wenden
brief post postweg
internet online netz web
computer rechner pc laptop
app anwendung programm software
kamera webcam bildschirm
wlan wifi funknetz
drucken ausdrucken ausdruck
bild foto
dokument unterlage unterlagen datei papier
unterlagen akte dokumente papiere
bescheinigung attest nachweis bestätigung zertifikat beleg schein
ausweis personalausweis pass dokument
karte chipkarte
formular antrag vordruck
beantragen antrag beantragung anfordern bestellen
anfordern bestellen beantragen
frist termin fällig stichtag deadline
termin verabredung buchung vereinbaren
vereinbaren ausmachen buchen reservieren
buchen reservieren buchung reservierung
öffnungszeiten geöffnet offen auf öffnen sprechzeiten
geschlossen zu feiertag
wochenende samstag sonntag
nachts nacht abends
dauer dauern lange wielange zeit
warten wartezeit dauert
verlängern verlängerung länger erneuern
abgelaufen ablaufen gültig gültigkeit ablauf
beginn anfang start beginnen anfangen
ende schluss
kosten preis gebühr bezahlen kostet teuer gebühren tarif
bezahlen zahlen zahlung begleichen überweisen
zahlung bezahlung zahlungsart
rechnung abrechnung beleg quittung
abbuchen lastschrift einziehen abgebucht einzug bankeinzug
bankverbindung iban konto kontonummer
mahnung mahngebühr zahlungserinnerung säumnis
ratenzahlung raten stunden
kostenlos gratis umsonst kostenfrei gebührenfrei
erstattung rückerstattung erstatten zurückzahlen geld rückzahlung entschädigung
erstatten übernehmen bezahlen
rückgabe zurückgeben zurückschicken retoure rücksendung
umtauschen tauschen umtausch
bestellung auftrag kauf bestellen kaufen
rabatt gutschein ermäßigung nachlass vergünstigung
ermäßigung rabatt vergünstigung
abo abonnement vertrag
vertrag tarif
lieferung versand zustellung paket sendung
liefern zustellen versenden
paket sendung päckchen
verspätet verspätung spät
sendungsverfolgung verfolgen tracking
beschädigt defekt kaputt schaden mangel
garantie gewährleistung
adresse anschrift wohnsitz
umzug umziehen umgezogen hergezogen
wohnung haus
hilfe support unterstützung
fehler problem störung defekt ausfall kaputt
störung ausfall unterbrechung
beschwerde beschweren reklamation reklamieren
kunde kundin
arbeit job stelle beruf arbeitsplatz
arbeitgeber chef firma betrieb
urlaub ferien reise
reise urlaub reisen ausland
ausland fremdes länder
auto pkw fahrzeug wagen kfz
parken parkplatz stellplatz
behinderung behindert rollstuhl barrierefrei schwerbehindert
fahrrad rad
bus bahn zug
fahrkarte ticket fahrschein
kind kinder baby säugling kleinkind sohn tochter
eltern mutter vater
alt älter senioren
arzt ärztin doktor mediziner hausarzt
facharzt spezialist
praxis arztpraxis
krankenhaus klinik spital
patient patientin
krank krankheit erkrankt erkrankung
krankschreibung krankgeschrieben arbeitsunfähigkeit au attest krankmeldung
symptom anzeichen beschwerden zeichen
infektion ansteckung infizieren anstecken infiziert
ansteckend ansteckung anstecken ansteckungsgefahr übertragen
übertragen übertragung übertragungsweg anstecken
corona covid covid19 coronavirus sarscov2 virus
grippe influenza
erkältung schnupfen
fieber temperatur
impfung impfen schutzimpfung spritze geimpft immunisierung
medikament arznei tablette mittel medizin arzneimittel
behandlung therapie behandeln
vorsorge früherkennung vorsorgeuntersuchung screening check
untersuchung check untersuchen
befund ergebnis werte laborwerte
blut labor blutwerte
rezept verschreiben verschreibung verordnung folgerezept
überweisung überweisungsschein
impfpass impfausweis impfbuch
gesundheitskarte versichertenkarte chipkarte krankenkassenkarte
krankenkasse kasse krankenversicherung versicherung
schutz schützen vorbeugen vorbeugung verhindern
maske mundschutz
abstand distanz
risiko gefahr gefährlich
nebenwirkung unverträglichkeit reaktion
quarantäne isolation absonderung
test testen schnelltest abstrich
nüchtern frühstücken essen
schmerz weh wehtun schmerzen
haut muttermal leberfleck
herz herzschlag
zucker diabetes zuckerkrank
schwanger schwangerschaft
tier hund katze haustier
sterben tod tödlich
essen ernährung nahrung lebensmittel
trinken getränk
waschen hygiene desinfizieren reinigen desinfektion
schule unterricht
kurs lehrgang schulung seminar unterricht
lehrer dozent kursleiter
teilnehmen mitmachen teilnahme besuchen
prüfung klausur test examen
note ergebnis bewertung
voraussetzung vorkenntnisse bedingung erforderlich
notwendig nötig erforderlich muss pflicht verpflichtend
pflicht verpflichtet müssen
erlaubt dürfen gestattet zulässig darf
verboten untersagt
strom elektrizität energie
gas heizung
zähler stromzähler zählerstand
zählerstand ablesen ablesung zähler
abschlag abschlagszahlung monatsbetrag teilbetrag
müll abfall tonne mülltonne entsorgen abfuhr
sperrmüll möbel abholung
entsorgen wegwerfen loswerden abgeben
wasser leitungswasser
ausleihen leihen entleihen ausleihe
rückgabe zurückbringen abgeben
heiraten hochzeit eheschließung trauung
geburt geboren
urkunde bescheinigung
führerschein fahrerlaubnis
reisepass pass
sprache dolmetscher übersetzer fremdsprache deutsch
fundbüro verloren gefunden fundsache
verein ehrenamt
steuer abgabe
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_synonym_is_found_from_either_side_and_in_any_form() {
        let stem = |word: &str| Tongue::English.word(word).stem;
        assert!(of(Tongue::English, &stem("deleting")).contains(&stem("removed")));
        assert!(of(Tongue::English, &stem("remove")).contains(&stem("delete")));
        let stem = |word: &str| Tongue::German.word(word).stem;
        assert!(of(Tongue::German, &stem("Kennwörter")).contains(&stem("Passwort")));
        assert!(of(Tongue::Other, "delete").is_empty());
    }

    #[test]
    fn no_word_is_its_own_synonym() {
        for stems in [&*GERMAN_STEMS, &*ENGLISH_STEMS] {
            assert!(stems.len() > 300);
            assert!(stems.iter().all(|(stem, others)| !others.contains(stem)));
        }
    }
}
