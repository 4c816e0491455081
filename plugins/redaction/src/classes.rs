//! The list of classes: which are masked unless an admin says otherwise.

/// Masked by default.
pub const ON: &[&str] = &[
    "EMAIL",
    "PHONE",
    "IBAN",
    "BIC",
    "BANK_ACCOUNT",
    "CREDIT_CARD",
    "CARD_SECURITY_CODE",
    "DE_TAX_ID",
    "DE_TAX_NUMBER",
    "DE_SSN",
    "VAT_ID",
    "US_SSN",
    "US_ITIN",
    "NATIONAL_ID",
    "HEALTH_ID",
    "PASSPORT",
    "ID_CARD",
    "DRIVER_LICENSE",
    "LICENSE_PLATE",
    "VIN",
    "IMEI",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "CRYPTO",
    "SECRET",
    "DOB",
    "PERSON",
    "ADDRESS",
];

/// Left standing by default.
pub(crate) const OFF: &[&str] = &[
    "LOCATION",
    "ORG",
    "DATE",
    "URL",
    "USERNAME",
    "POSTAL_CODE",
    "COMPANY_REG",
    "PROFESSIONAL_ID",
    "REFERENCE",
];

/// Whether a class keeps its place even when it is left standing: an order number or a date that nobody
/// masks must not come back as a phone number.
pub(crate) fn is_blocker(class: &str) -> bool {
    ON.contains(&class)
        || matches!(class, "DATE" | "POSTAL_CODE" | "COMPANY_REG" | "PROFESSIONAL_ID" | "REFERENCE")
}
