//! The mails of the sample store: two months at Nordlicht Bootsbau, a small boat yard.

/// One mail.
pub(crate) struct Mail {
    /// Folder beneath the top of the mailbox.
    pub(crate) folder: &'static [&'static str],
    /// Subject, which the files attached to others refer to.
    pub(crate) subject: &'static str,
    /// RFC 3339, UTC.
    pub(crate) sent: &'static str,
    /// Name and address.
    pub(crate) from: (&'static str, &'static str),
    /// `To`.
    pub(crate) to: &'static [(&'static str, &'static str)],
    /// `Cc`.
    pub(crate) cc: &'static [(&'static str, &'static str)],
    /// Plain body.
    pub(crate) body: &'static str,
    /// HTML body.
    pub(crate) html: Option<&'static str>,
    /// Categories.
    pub(crate) categories: &'static [&'static str],
    /// Whether it is marked private.
    pub(crate) private: bool,
    /// Files attached.
    pub(crate) files: &'static [File],
}

/// A file attached.
pub(crate) enum File {
    /// Bytes with a name and a type.
    Plain(&'static str, &'static str, &'static [u8]),
    /// A picture that the HTML body shows.
    Inline(&'static str, &'static str, &'static str, &'static [u8]),
    /// Another mail of the sample, by its subject.
    Mail(&'static str),
}

type Person = (&'static str, &'static str);

const KARIN: Person = ("Karin Petersen", "karin@nordlicht-bootsbau.example");
const OLE: Person = ("Ole Hansen", "ole@nordlicht-bootsbau.example");
const JOERG: Person = ("Jörg Müller", "joerg.mueller@seewind-segel.example");
const ANNA_KONTOR: Person = ("Anna Schmidt", "anna.schmidt@kontor-nord.example");
const ANNA_LINDE: Person = ("Anna Schmidt", "a.schmidt@linde-apotheke.example");
const MISAKI: Person = ("田中 美咲", "misaki.tanaka@umibe-shoji.example");
const FIONA: Person = ("Fiona O'Brien", "fiona@obrien-boats.example");
const PIERRE: Person = ("Pierre Lefèvre", "p.lefevre@quai-sud.example");

const PRICES: File = File::Plain("prices-2026.csv", "text/csv", PRICE_LIST);
const PRICE_LIST: &[u8] = "article,unit,EUR\r\n\
    Mast step,piece,180.00\r\nRigging check,hour,72.50\r\nWinter berth,month,95.00\r\n\
    Varnish Öko,litre,38.90\r\n"
    .as_bytes();
const PLAN: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"120\" height=\"60\">\
    <path d=\"M10 40 L110 40 L95 55 L25 55 Z\" fill=\"none\" stroke=\"black\"/></svg>\n";
/// One grey pixel.
const LOGO: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52, 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, 0x49, 0x44, 0x41, 0x54,
    0x78, 0x9C, 0x6B, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, 0x49, 0x45, 0x4E,
    0x44, 0xAE, 0x42, 0x60, 0x82,
];

const INBOX: &[&str] = &["Inbox"];
const SENT: &[&str] = &["Sent Items"];
const SEEWIND: &[&str] = &["Customers", "Seewind Segel"];
const UMIBE: &[&str] = &["Customers", "Umibe"];
const ARCHIVE: &[&str] = &["Archive", "2025"];

/// Every mail, in the order in which they are filed.
pub(crate) const MAILS: &[Mail] = &[
    Mail {
        folder: SEEWIND,
        subject: "Refit of the Möwe: offer wanted",
        sent: "2026-01-12T08:14:00Z",
        from: JOERG,
        to: &[KARIN],
        cc: &[],
        body: "Dear Karin,\r\n\r\nthe Möwe needs new standing rigging before the season. Could you \
               send us an offer by Friday?\r\n\r\nGreetings from Flensburg\r\nJörg\r\n",
        html: None,
        categories: &["Seewind Segel"],
        private: false,
        files: &[],
    },
    Mail {
        folder: SENT,
        subject: "Re: Refit of the Möwe: offer wanted",
        sent: "2026-01-14T15:40:00Z",
        from: KARIN,
        to: &[JOERG],
        cc: &[OLE],
        body: "Dear Jörg,\r\n\r\nour prices for this year are attached. Rigging takes two days.\r\n",
        html: Some(
            "<html><body><p>Dear Jörg,</p><p>our prices for this year are <b>attached</b>. \
             Rigging takes two days.</p></body></html>",
        ),
        categories: &["Seewind Segel", "Offers"],
        private: false,
        files: &[PRICES],
    },
    Mail {
        folder: SEEWIND,
        subject: "Re: Re: Refit of the Möwe: offer wanted",
        sent: "2026-01-15T09:02:00Z",
        from: JOERG,
        to: &[KARIN],
        cc: &[],
        body: "Agreed. Please book the crane for 2 February.\r\n",
        html: None,
        categories: &["Seewind Segel", "Orders"],
        private: false,
        files: &[],
    },
    Mail {
        folder: INBOX,
        subject: "Office chairs and a boat",
        sent: "2026-01-19T10:30:00Z",
        from: ANNA_KONTOR,
        to: &[KARIN],
        cc: &[],
        body: "Hello Ms Petersen,\r\n\r\nwe look for a yard for our company boat. May we visit on \
               Thursday?\r\n\r\nAnna Schmidt, Kontor Nord\r\n",
        html: Some(
            "<html><body><p>Hello Ms Petersen,</p><p>we look for a yard for our company boat. May \
             we visit on Thursday?</p><p><img src=\"cid:logo@kontor-nord.example\" alt=\"logo\"> \
             Anna Schmidt, Kontor Nord</p></body></html>",
        ),
        categories: &["BC: Anna Schmidt"],
        private: false,
        files: &[File::Inline(
            "logo.png",
            "image/png",
            "logo@kontor-nord.example",
            LOGO,
        )],
    },
    Mail {
        folder: SENT,
        subject: "Our prices",
        sent: "2026-01-19T16:05:00Z",
        from: KARIN,
        to: &[ANNA_KONTOR, ANNA_LINDE],
        cc: &[],
        body: "Dear both,\r\n\r\nhere are our prices, and a drawing of the berth.\r\n",
        html: None,
        categories: &["Offers"],
        private: false,
        files: &[PRICES, File::Plain("berth.svg", "image/svg+xml", PLAN)],
    },
    Mail {
        folder: UMIBE,
        subject: "木製ヨットの見積もりについて",
        sent: "2026-01-22T01:12:00Z",
        from: MISAKI,
        to: &[KARIN],
        cc: &[],
        body: "ペーターセン様\r\n\r\nいつもお世話になっております。木製ヨットの見積もりをお願いできますか。\r\n\r\n\
               海辺商事　田中\r\n",
        html: None,
        categories: &["海辺商事"],
        private: false,
        files: &[],
    },
    Mail {
        folder: UMIBE,
        subject: "Quotation for the wooden yacht",
        sent: "2026-01-23T08:45:00Z",
        from: OLE,
        to: &[MISAKI],
        cc: &[KARIN],
        body: "Dear Ms Tanaka,\r\n\r\nthe quotation is on its way by post; a sketch is attached.\r\n",
        html: Some(
            "<html><body><p>Dear Ms Tanaka,</p><p>the quotation is on its way by post; a sketch is \
             attached.</p></body></html>",
        ),
        categories: &["海辺商事", "Offers"],
        private: false,
        files: &[File::Plain("スケッチ.svg", "image/svg+xml", PLAN)],
    },
    Mail {
        folder: INBOX,
        subject: "Fwd: Quotation for the wooden yacht",
        sent: "2026-01-26T07:55:00Z",
        from: OLE,
        to: &[PIERRE],
        cc: &[KARIN],
        body: "Pierre,\r\n\r\nthe mail to Umibe as agreed. Can you take on the sails?\r\n",
        html: None,
        categories: &["Partners"],
        private: false,
        files: &[File::Mail("Quotation for the wooden yacht")],
    },
    Mail {
        folder: INBOX,
        subject: "Rép : les voiles",
        sent: "2026-01-27T13:20:00Z",
        from: PIERRE,
        to: &[OLE],
        cc: &[],
        body: "Bonjour Ole,\r\n\r\nd'accord pour les voiles, livraison en avril.\r\n\r\nPierre\r\n",
        html: None,
        categories: &["Partners"],
        private: false,
        files: &[],
    },
    Mail {
        folder: INBOX,
        subject: "Your test results",
        sent: "2026-01-28T11:00:00Z",
        from: ANNA_LINDE,
        to: &[KARIN],
        cc: &[],
        body: "Dear Karin, your prescription can be collected from noon.\r\n",
        html: None,
        categories: &[],
        private: true,
        files: &[],
    },
    Mail {
        folder: INBOX,
        subject: "Tide tables for February",
        sent: "2026-01-30T05:00:00Z",
        from: ("Harbour Office", "newsletter@harbour-office.example"),
        to: &[("", "info@nordlicht-bootsbau.example")],
        cc: &[],
        body: "The tide tables for February are on the notice board.\r\n",
        html: None,
        categories: &[],
        private: false,
        files: &[],
    },
    Mail {
        folder: ARCHIVE,
        subject: "Season's greetings",
        sent: "2025-12-19T12:00:00Z",
        from: FIONA,
        to: &[KARIN, OLE],
        cc: &[JOERG],
        body: "Merry Christmas to the yard, and fair winds in the new year!\r\n\r\nFiona\r\n",
        html: Some(
            "<html><body><p>Merry Christmas to the yard, and fair winds in the new year!</p>\
             <p>Fiona</p></body></html>",
        ),
        categories: &["Friends of the yard"],
        private: false,
        files: &[],
    },
];
