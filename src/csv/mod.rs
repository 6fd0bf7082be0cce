//! Tables as Outlook and BigContacts export them (CSV).
