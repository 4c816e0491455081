//! The words that say what a value is, German and English, with the names other countries use for theirs.
//!
//! Lower case, without blanks, hyphens and dots: "Steuer-ID" is `steuerid`, "date of birth" `dateofbirth`.
//! A star in front: the word may end a German compound ("Firmenkonto").

use super::Label;

/// Label and its words, separated by blanks. A word may stand only once.
pub(super) const WORDS: &[(Label, &str)] = &[
    (
        Label::Phone,
        "tel tels telnr telno *telefon *telefonnummer *telefonnr telefonnummern telefonisch fon phone phones phonenumber \
         phonenumbers telephone telephonenumber mob mobil mobile mobilnr *mobilnummer mobilenumber mobiltelefon *handy *handynummer \
         *handynr handynummern cell cellphone cellnumber fax faxnr *faxnummer faxnumber telefax *rufnummer *rufnummern *hotline \
         durchwahl festnetz *festnetznummer whatsapp whatsappnummer sms erreichbar erreichen erreiche erreichst reach reached \
         reachable ring dial call calling called callback anruf anrufen anrufe angerufen *rückruf rückrufnummer rückrufbitte \
         zurückrufen zurückzurufen rufmichan ruftmichan rufenmichan rufensiemichan rufuns rufunsan telefono teléfono téléphone ph landline extension contactnumber kontaktnummer signal telegram textme",
    ),
    (
        Label::Card,
        "*karte *kreditkarte *kreditkartennummer kreditkartennr *kartennummer kartennr card cards cardnumber cardno cardnum creditcard \
         creditcards creditcardnumber debitcard debitcardnumber visa visacard mastercard amex americanexpress maestro cc ccnumber \
         pan diners jcb discover bankcard",
    ),
    (
        Label::SecurityCode,
        "cvc cvc2 cvv cvv2 csc cvn cid cvccode cvvcode cvvnumber *sicherheitscode *sicherheitsnummer *prüfnummer *prüfziffer *pruefnummer \
         *pruefziffer *kartenprüfnummer kpn securitycode cardsecuritycode verificationcode verificationvalue verificationnumber \
         cardverification cardcode",
    ),
    (
        Label::Bank,
        "iban account acc ac *konto *kontonummer *kontonr ktonr kto ktnr *bankverbindung *bankkonto accountnumber accountno acct acctnumber acctno \
         bankaccount bankaccountnumber bankaccountno checkingaccount savingsaccount checking *girokonto *sparkonto nuban",
    ),
    (Label::Routing, "routing routingnumber aba abarouting abanumber rtn transitnumber routingno"),
    (Label::SortCode, "sortcode blz *bankleitzahl bsb bsbnumber ifsc ifsccode branchcode"),
    (Label::Bic, "bic swift biccode swiftcode swiftbic bicswift"),
    (
        Label::Tax,
        "stid stidnr stident steuerid steueridnr steueridnummer steueridentnr steuerident idnr tin taxid taxidnumber taxpayerid taxidentification \
         taxidentificationnumber *steueridentifikationsnummer identifikationsnummer taxpayer taxnumber taxno tfn taxfilenumber ein \
         employeridentification employeridentificationnumber utr",
    ),
    (Label::TaxNumber, "*steuernummer *steuernr stnr stnummer finanzamt"),
    (
        Label::Vat,
        "ustid ustidnr *umsatzsteuerid umsatzsteueridentifikationsnummer *mehrwertsteuernummer mwstnr uid uidnr uidnummer vat vatid vatno \
         vatnumber vatreg vatregistration vatregistrationnumber vatin tva tvanummer btw btwnummer partitaiva piva nip abn gst gstin",
    ),
    (
        Label::SocialDe,
        "*rentenversicherungsnummer rentenversicherung rvnr svnr svnummer sozialversicherung *sozialversicherungsnummer \
         sozialversicherungsnr rentenversicherungsnr versicherungsnummerrv rentennummer sozialversicherungsausweis rvnummer rentenvers sozialvers",
    ),
    (Label::Ssn, "ssn ssns socialsecurity socialsecuritynumber socialsecurityno socsec social"),
    (Label::Itin, "itin individualtaxpayer individualtaxpayeridentification"),
    (
        Label::NationalId,
        "nationalid nationalidnumber nationalidentity nationalidentitynumber nationalidentification nationalinsurance \
         nationalinsurancenumber nationalinsuranceno nino nin dni nie nif cif pesel aadhaar aadhar aadhaarnumber uidai codicefiscale fiscalcode taxcode cpf cnpj \
         bsn burgerservicenummer personnummer personnr personalnumber henkilötunnus hetu socialinsurance socialinsurancenumber socialinsuranceno \
         sin nric ahv ahvnummer ahvnr avs oasi nir inseenumber insee numérodesécuritésociale sécuritésociale nir rijksregisternummer registernationa cnp \
         egn rodnéčíslo rodnecislo rodcislo tckn tckimlik tckimlikno kimlik kimlikno curp rfc rrn residentregistration personalidentity \
         personalidentification personalidentificationnumber personalidentitynumber *personenkennzahl personenkennung citizenid \
         cpr cprnumber cprnr cprnummer fødselsnummer fodselsnummer oib jmbg emso pps ppsn ppsnumber identitynumber \
         identificationnumber bvn pannumber pancard permanentaccountnumber votersid voterid epic acn govid governmentid",
    ),
    (
        Label::Health,
        "*krankenversicherung *krankenversichertennummer *krankenversicherungsnummer *versichertennummer *versichertennr kvnr kvnummer \
         *krankenkasse *gesundheitskarte *versicherungsnummer *versicherungsnr versicherungsno versnr egk nhs nhsnumber nhsno medicare medicarenumber medicareno medicaid mbi mrn medicalrecord \
         medicalrecordnumber healthcard healthinsurance healthinsurancenumber healthplan healthnumber ohip patientid patientennummer *patientennr \
         patientnumber patientno patientnr patientenid beneficiary hicn chinumber insurancenumber insuranceno policynumber policyno \
         *policennummer *policennr policenr *versicherungsscheinnummer *versicherungsscheinnr kassennummer memberidhealth healthid medicarecard",
    ),
    (
        Label::Passport,
        "*reisepass *pass *passnummer *passnr *reisepassnummer *reisepassnr passport passports passportnumber passportno passportnum \
         passeport pasaporte passaporto paszport",
    ),
    (
        Label::IdCard,
        "*personalausweis *personalausweisnummer *personalausweisnr *ausweisnummer *ausweis *ausweisnr perso persoNr persos idcard \
         idcardnumber identitycard identitycardnumber identitydocument *idkarte *aufenthaltstitel *aufenthaltserlaubnis \
         residencepermit residencecard greencard cartaidentità cartadidentità cartadidentita cnie dowódosobisty nationalidcard",
    ),
    (
        Label::License,
        "*führerschein *fuehrerschein *führerscheinnummer *führerscheinnr *fuehrerscheinnummer *führerscheins *fahrerlaubnis driverlicense \
         driverslicense driverslicence driverlicence drivinglicence drivinglicense driverlicensenumber driverslicensenumber \
         driverslicencenumber drivinglicencenumber drivinglicensenumber licensenumber licencenumber licenseno licenceno license licence \
         dl dln dlnumber permisdeconduire patente patentediguida permisoconducir driverslic driverlic",
    ),
    (
        Label::Plate,
        "*kennzeichen *autokennzeichen *kfzkennzeichen kfz nummernschild licenseplate licenceplate licenseplates numberplate plate \
         platenumber plates vehicleregistration registrationplate registrationnumber vehicleplate vrn *nummernschild fahrzeug",
    ),
    (
        Label::Vin,
        "vin vinnumber *fahrgestellnummer *fahrgestellnr fin *fahrzeugidentifikationsnummer *fahrzeugidentnummer fgst chassis chassisnumber chassisno \
         vehicleidentification vehicleidentificationnumber fahrzeugident fahrzeugidentnr",
    ),
    (Label::Imei, "imei imeinummer imeinumber imeicode imeinr imeis meid"),
    (Label::Mac, "mac macadresse macaddress macaddr hwaddr ether"),
    (Label::Ip, "ip *ipadresse ipaddress ipv4 ipv6 ipaddr ips"),
    (
        Label::Crypto,
        "*wallet walletadresse walletaddress bitcoin btc bitcoinadresse bitcoinaddress btcadresse btcaddress eth ethereum *krypto kryptowallet \
         crypto cryptoaddress solana monero xmr ripple xrp litecoin ltc dogecoin usdt tether cardano",
    ),
    (
        Label::Born,
        "geb geboren geborene geborener *geburtsdatum *geburtstag geburtstags gebdat gebdatum geburt geburtsdaten birth birthdate \
         birthday dateofbirth dob dobs born bday jahrgang birthdays dayofbirth bdate nacimiento naissance née nascita",
    ),
    (
        Label::Username,
        "benutzername nutzername username usernames user benutzer benutzerkennung login loginname userid handle nickname *nutzerkennung",
    ),
    (Label::Postal, "plz *postleitzahl zip zipcode postcode postalcode"),
    (
        Label::Company,
        "hrb hra handelsregister handelsregisternummer registergericht amtsgericht companynumber companyno companyregistration \
         companyregistrationnumber crn siren siret kvk firmenbuch firmenbuchnummer fn vereinsregister vr",
    ),
    (
        Label::Professional,
        "lanr bsnr *arztnummer *betriebsstättennummer npi dea deanumber medicallicense medicallicensenumber barnumber gmc",
    ),
    (
        Label::Version,
        "version versions ver v release build firmware *software sdk api chapter kapitel abschnitt section windows android ios \
         softwareversion macos linux kernel absatz punkt artikelnr paragraph",
    ),
    (
        Label::Customer,
        "*kundennummer *kundennr kdnr kundenid kundenkonto customernumber customerno customerid customer memberid \
        membernumber *mitgliedsnummer *mitgliedsnr clientid accountid *personalnummer *personalnr employeeid employeenumber matrikelnummer loyaltynumber",
    ),
    (
        Label::Thing,
        "order orders orderno ordernumber orderid ean gtin sku isbn issn upc asin doi ref refno reference *referenz *referenznummer \
         case casenumber *fall *teil *teilenummer part partnumber lot pin tan model *modell *modellnummer az *aktenzeichen \
         item itemnumber *artikel *artikelnummer batch *charge *chargennummer parcel booking bookingnumber bookingreference \
         *buchung *buchungsnummer *buchungscode contract contractnumber *vertrag *vertragsnummer *vertragsnr serial serialnumber serialno \
         *seriennummer *seriennr product productid *produkt *produktnummer transaction transactionid *transaktion *transaktionsnummer \
         *bestellung *bestellnummer *bestellnr bestell *auftrag *auftragsnummer *auftragsnr *auftrags *rechnung *rechnungsnummer \
         *rechnungsnr rechnungs invoice invoices invoicenumber invoiceno *ticket *ticketnummer ticketnr ticketnumber ticketid *vorgang \
         *vorgangsnummer *vorgangsnr *sendung *sendungsnummer *sendungsverfolgung tracking trackingnumber trackingid shipment *paket *paketnummer \
         *police policy *beleg *belegnummer *lieferschein *lieferscheinnummer *gutschein *gutscheincode voucher coupon *reservierung \
         *reservierungsnummer reservation *zähler *zählernummer *zählerstand barcode guid uuid timestamp ts unixtime millis expires *betrag summe amount total preis price \
         *fehlercode errorcode error fehler status code claim claimnumber *schadensnummer *schadennummer *zimmer room flight *flug gate \
         *anzahl menge quantity qty seite page pages stück zeile line commit revision hash checksum md5 sha1 sha256 port epoch id \
         receipt confirmation confirmationnumber *bestätigungsnummer *losnummer *inventarnummer dhl ups dpd hermes fedex \
         *retoure *retourennummer return returns rma *materialnummer *wagen zug train gleis extensionnumber",
    ),
];

/// Labels that say little when they stand alone: "id", "code". The words before them decide.
pub(super) const WEAK: &[&str] =
    &["id", "code", "account", "status", "number", "line", "part", "return", "social"];
