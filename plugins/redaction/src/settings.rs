//! What an admin can switch.

/// Settings of the plugin; keys as in `plugin.toml`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "one switch per class, as the admin sees them")]
pub struct Settings {
    /// Findings below this score are left standing.
    pub threshold: f32,
    /// E-mail addresses.
    pub email: bool,
    /// Phone numbers.
    pub phone: bool,
    /// Bank accounts.
    pub iban: bool,
    /// Bank identifiers.
    pub bic: bool,
    /// Card numbers.
    pub credit_card: bool,
    /// Card security codes.
    pub card_security_code: bool,
    /// IP addresses.
    pub ip_address: bool,
    /// German tax ids.
    pub de_tax_id: bool,
    /// Names known from the message itself.
    pub person: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            email: true,
            phone: true,
            iban: true,
            bic: true,
            credit_card: true,
            card_security_code: true,
            ip_address: true,
            de_tax_id: true,
            person: true,
        }
    }
}

impl Settings {
    /// Whether a class is to be found. Classes are switched where findings leave, not where they are made:
    /// an IBAN that is left standing must not come back as a phone number.
    #[must_use]
    pub fn wants(&self, class: &str) -> bool {
        match class {
            "EMAIL" => self.email,
            "PHONE" => self.phone,
            "IBAN" => self.iban,
            "BIC" => self.bic,
            "CREDIT_CARD" => self.credit_card,
            "CARD_SECURITY_CODE" => self.card_security_code,
            "IP_ADDRESS" => self.ip_address,
            "DE_TAX_ID" => self.de_tax_id,
            "PERSON" => self.person,
            _ => false,
        }
    }
}
