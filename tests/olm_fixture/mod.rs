//! An archive of Outlook for Mac with items of every kind, made for tests: element names and
//! forms of
//! values as the program writes them, people and words invented.

#![allow(dead_code, reason = "each test takes what it needs")]

use super::zip_maker::Zip;

/// A person in a list of addresses.
fn person(name: &str, address: &str) -> String {
    format!(
        "<emailAddress xml:space=\"preserve\" OPFContactEmailAddressAddress=\"{address}\" \
         OPFContactEmailAddressName=\"{name}\" OPFContactEmailAddressType=\"0\"></emailAddress>"
    )
}

fn field(name: &str, value: &str) -> String {
    format!("<{name} xml:space=\"preserve\">{value}</{name}>")
}

fn list(root: &str, element: &str, items: &[String]) -> String {
    let items: String = items
        .iter()
        .map(|item| format!("<{element} xml:space=\"preserve\">{item}</{element}>"))
        .collect();
    let count = items.matches(&format!("<{element} ")).count();
    format!("<{root} xml:space=\"preserve\" elementCount=\"{count}\">{items}</{root}>")
}

pub(crate) const HOME: &str = "Accounts/ann@example.org";

/// The messages: path, XML.
pub(crate) fn messages() -> Vec<(String, String)> {
    let folder = format!("{HOME}/com.microsoft.__Messages");
    let category = "<OPFMessageCopyCategoryList xml:space=\"preserve\">\
                    <category xml:space=\"preserve\" OPFCategoryCopyBackgroundColor=\"r:0.9 g:0.1 \
                    b:0.1\" \
                    OPFCategoryCopyName=\"Customer: Müller &amp; \
                    Co\"></category></OPFMessageCopyCategoryList>";
    let attachment = format!(
        "<OPFMessageCopyAttachmentList xml:space=\"preserve\"><messageAttachment \
        xml:space=\"preserve\" \
         OPFAttachmentContentExtension=\"pdf\" OPFAttachmentContentFileSize=\"1.1E1\" \
         OPFAttachmentContentID=\"&lt;pic@x&gt;\" OPFAttachmentContentType=\"application/pdf\" \
         OPFAttachmentName=\"Übersicht.pdf\" \
         OPFAttachmentURL=\"{folder}/Inbox/com.microsoft.__Attachments/1_0000\">\
         </messageAttachment><messageAttachment xml:space=\"preserve\" \
         OPFAttachmentName=\"gone.txt\" \
         OPFAttachmentURL=\"{folder}/Inbox/com.microsoft.__Attachments/none\"></messageAttachment>\
         </OPFMessageCopyAttachmentList>"
    );
    let full = [
        attachment,
        field("OPFMessageCopyBody", "Grüße &amp; mehr\r\nzweite Zeile"),
        category.to_owned(),
        format!(
            "<OPFMessageCopyCCAddresses xml:space=\"preserve\">{}</OPFMessageCopyCCAddresses>",
            person("Cy", "cy@example.net")
        ),
        field("OPFMessageCopyDueDateTime", "2024-05-08T00:00:00"),
        format!(
            "<OPFMessageCopyFromAddresses xml:space=\"preserve\">{}</OPFMessageCopyFromAddresses>",
            person("Bo &lt;B&gt;", "bo@example.com")
        ),
        field("OPFMessageGetFlagStatus", "1"),
        field(
            "OPFMessageCopyHTMLBody",
            "&lt;html&gt;&lt;body&gt;Grüße&lt;/body&gt;&lt;/html&gt;",
        ),
        field("OPFMessageCopyInReplyTo", "&lt;first@example.com&gt;"),
        field("OPFMessageCopyMessageID", "second@example.com"),
        field("OPFMessageCopyModDate", "2024-05-06T10:00:00"),
        field("OPFMessageCopyReceivedTime", "2024-05-06T08:00:05"),
        field(
            "OPFMessageCopyReferences",
            "&lt;zero@example.com&gt; &lt;first@example.com&gt;",
        ),
        field("OPFMessageCopySentTime", "2024-05-06T08:00:00"),
        field("OPFMessageCopySubject", "RE: Offer"),
        field("OPFMessageCopyThreadIndex", "AQID"),
        field("OPFMessageCopyThreadTopic", "Offer"),
        format!(
            "<OPFMessageCopyToAddresses xml:space=\"preserve\">{}{}</OPFMessageCopyToAddresses>",
            person("Ann", "ann@example.org"),
            person("Dee", "/O=EXAMPLE/OU=X/CN=DEE")
        ),
        field("OPFMessageGetHasHTML", "1E0"),
        field("OPFMessageGetIsRead", "1E0"),
        field("OPFMessageGetPriority", "1"),
        field("OPFMessageIsOutgoing", "0E0"),
        field("OPFMessageNewInSomeVersion", "kept &amp; whole"),
    ];
    let source = [
        field("OPFMessageCopySentTime", "2024-05-07T08:00:00"),
        field(
            "OPFMessageCopySource",
            "From: Eve &lt;eve@example.com&gt;\nTo: ann@example.org\nSubject: \
            =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\
             Message-ID: &lt;eve@1&gt;\n\nOnly the source.\n",
        ),
    ];
    let meeting = [
        field("OPFMessageCopyMessageID", "invite@example.com"),
        field("OPFMessageCopySubject", "Lunch"),
        field(
            "OPFMessageCopyMeetingData",
            &format!("{folder}/Inbox/com.microsoft.__Attachments/2.ics"),
        ),
        field("OPFMessageIsCalendarMessage", "1"),
    ];
    let old = "<o:emails xmlns:o=\"http://schemas.microsoft.com/outlook/mac/2011\" \
    elementCount=\"1\">\
               <o:email><o:OPFMessageCopySubject>Old</o:OPFMessageCopySubject>\
               <o:OPFMessageCopyFromAddresses>\
               <o:emailAddress>\
               <o:OPFContactEmailAddressAddress>old@example.com</o:OPFContactEmailAddressAddress>\
               <o:OPFContactEmailAddressName>Old \
               One</o:OPFContactEmailAddressName></o:emailAddress>\
               </o:OPFMessageCopyFromAddresses></o:email></o:emails>";
    let one = |parts: &[String]| list("emails", "email", &[parts.concat()]);
    vec![
        (format!("{folder}/Inbox/message_00000.xml"), one(&full)),
        (
            format!("{folder}/Inbox/Kunden/message_00000.xml"),
            one(&source),
        ),
        (format!("{folder}/Inbox/message_00001.xml"), one(&meeting)),
        (
            format!("{folder}/Sent Items/message_00000.xml"),
            old.to_owned(),
        ),
    ]
}

/// The other files: path, XML.
pub(crate) fn others() -> Vec<(String, String)> {
    let mail = |address: &str, kind: u8| {
        format!(
            "<contactEmailAddress xml:space=\"preserve\" \
            OPFContactEmailAddressAddress=\"{address}\" \
             OPFContactEmailAddressIsDefault=\"1\" \
             OPFContactEmailAddressType=\"{kind}\"></contactEmailAddress>"
        )
    };
    let wrap = |name: &str, inner: &str| format!("<{name} xml:space=\"preserve\">{inner}</{name}>");
    let contact = [
        field("OPFContactAddPicture", "iVBORw0KGgo="),
        field("OPFContactAddPictureType", "png"),
        field("OPFContactCopyAnniversary", "2001-06-30T00:00:00"),
        field("OPFContactCopyBirthday", "1970-02-28T23:00:00"),
        field("OPFContactCopyBusinessCity", "Köln"),
        field("OPFContactCopyBusinessCompany", "Müller &amp; Co"),
        field("OPFContactCopyBusinessPhone", "+49 221 1"),
        field("OPFContactCopyBusinessStreetAddress", "Ring 1\nHof"),
        field("OPFContactCopyBusinessTitle", "Owner"),
        field("OPFContactCopyCellPhone", "+49 170 2"),
        wrap(
            "OPFContactCopyChildren",
            "<string xml:space=\"preserve\">Kim</string>",
        ),
        field("OPFContactCopyContactImage", "1"),
        field("OPFContactCopyCustom1Data", "one"),
        wrap(
            "OPFContactCopyDefaultEmailAddress",
            &mail("bo@example.com", 0),
        ),
        wrap(
            "OPFContactCopyEmailAddressList",
            &(mail("bo.home@example.com", 1) + &mail("bo@example.com", 0)),
        ),
        wrap("OPFContactCopyDefaultIMAddress", &mail("bo-im", 3)),
        field("OPFContactCopyDisplayName", "Bo Müller"),
        field("OPFContactCopyFirstName", "Bo"),
        field("OPFContactCopyLastName", "Müller"),
        field("OPFContactCopyModDate", "2024-01-02T03:04:05"),
        field("OPFContactCopyNotesPlain", "Met in Bonn"),
        field("OPFContactCopyTitle", "Dr."),
        wrap(
            "OPFContactCopyCategoryList",
            "<category OPFCategoryCopyBackgroundColor=\"r:1 g:0 b:0\" \
            OPFCategoryCopyName=\"Supplier\"/>",
        ),
        field("OPFContactGetFlagStatus", "0"),
        field("OPFContactCopyBloodType", "A"),
    ];
    let second = [field("OPFContactCopyBusinessCompany", "Only Ltd")];
    let group = [
        field("OPFGroupCopyDisplayName", "Board"),
        wrap(
            "OPFGroupCopyMemberList",
            &(person("Bo", "bo@example.com") + &person("", "cy@example.net")),
        ),
        field("OPFGroupCopyModDate", "2024-01-02T03:04:05"),
        field("OPFGroupSuppressNames", "0"),
    ];
    let zone = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:W. Europe Standard \
    Time\nEND:VTIMEZONE\nEND:VCALENDAR";
    let recurrence = |pattern: &str, end: &str| {
        let pattern = wrap("OPFRecurrencePattern", pattern);
        wrap(
            "OPFCalendarEventCopyRecurrence",
            &format!(
                "{end}{}{pattern}",
                field("OPFRecurrenceCopyStartDate", "2024-05-05T22:00:00")
            ),
        )
    };
    let weekly = [
        field("OPFCalendarEventCopySummary", "Jour fixe"),
        field("OPFCalendarEventCopyStartTime", "2024-05-06T07:00:00"),
        field("OPFCalendarEventCopyEndTime", "2024-05-06T08:30:00"),
        field(
            "OPFCalendarEventCopyStartTimeZone",
            "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        ),
        field("OPFCalendarEventGetStartTimeZoneICSData", zone),
        field("OPFCalendarEventCopyUUID", "JOUR-FIXE-1"),
        field("OPFCalendarEventCopyOrganizer", "ann@example.org"),
        wrap(
            "OPFCalendarEventCopyAttendeeList",
            "<appointmentAttendee OPFCalendarAttendeeAddress=\"bo@example.com\" \
            OPFCalendarAttendeeName=\"Bo\" \
             OPFCalendarAttendeeResponseRequested=\"1\" OPFCalendarAttendeeStatus=\"3\" \
             OPFCalendarAttendeeType=\"1\"/>\
             <appointmentAttendee OPFCalendarAttendeeAddress=\"room@example.org\" \
             OPFCalendarAttendeeName=\"Room\" \
             OPFCalendarAttendeeStatus=\"0\" OPFCalendarAttendeeType=\"3\"/>",
        ),
        field("OPFCalendarEventCopyFreeBusyStatus", "2"),
        field("OPFCalendarEventGetHasReminder", "1"),
        field("OPFCalendarEventCopyReminderDelta", "9E2"),
        field("OPFCalendarEventGetIsPrivate", "1E0"),
        field("OPFCalendarEventIsRecurring", "1E0"),
        recurrence(
            "<OPFRecurrencePatternDaysOfWeek><monday>1E0</monday><friday>1</friday>\
            <sunday>0E0</sunday>\
             </OPFRecurrencePatternDaysOfWeek>\
             <OPFRecurrencePatternInterval>2E0</OPFRecurrencePatternInterval>\
             <OPFRecurrencePatternType>OPFRecurrencePatternWeekly</OPFRecurrencePatternType>",
            "<OPFRecurrenceGetOccurenceCount>1E1</OPFRecurrenceGetOccurenceCount>\
             <OPFRecurrenceIsNumbered>1E0</OPFRecurrenceIsNumbered>",
        ),
    ];
    let changed = [
        field("OPFCalendarEventCopySummary", "Jour fixe, late"),
        field("OPFCalendarEventCopyStartTime", "2024-05-10T12:00:00"),
        field("OPFCalendarEventCopyEndTime", "2024-05-10T13:00:00"),
        field("OPFCalendarEventGetStartTimeZoneICSData", zone),
        field("OPFCalendarEventCopyUUID", "JOUR-FIXE-1"),
        field("OPFCalendarEventCopyRecurrenceId", "2024-05-10T07:00:00"),
    ];
    let all_day = [
        field("OPFCalendarEventCopySummary", "Fair"),
        field("OPFCalendarEventCopyStartTime", "2024-05-05T22:00:00"),
        field("OPFCalendarEventCopyEndTime", "2024-05-07T22:00:00"),
        field("OPFCalendarEventGetStartTimeZoneICSData", zone),
        field("OPFCalendarEventGetIsAllDayEvent", "1E0"),
        field("OPFCalendarEventIsRecurring", "1E0"),
        recurrence(
            "<OPFRecurrencePatternDayOfMonth>6</OPFRecurrencePatternDayOfMonth>\
            <OPFRecurrencePatternInterval>1\
             </OPFRecurrencePatternInterval>\
             <OPFRecurrencePatternMonth>5</OPFRecurrencePatternMonth>\
             <OPFRecurrencePatternType>\
             OPFRecurrencePatternAbsoluteYearly</OPFRecurrencePatternType>",
            "<OPFRecurrenceIsNoEnd>1E0</OPFRecurrenceIsNoEnd>",
        ),
    ];
    let strange = [
        field("OPFCalendarEventCopySummary", "Lunar"),
        field("OPFCalendarEventCopyStartTime", "2024-05-06T07:00:00"),
        recurrence(
            "<OPFRecurrencePatternType>OPFRecurrencePatternLunar</OPFRecurrencePatternType>",
            "",
        ),
    ];
    let task = [
        field("OPFTaskCopyName", "Call Bo"),
        field("OPFTaskCopyDueDateTime", "2024-05-31T00:00:00"),
        field("OPFTaskCopyStartDateTime", "2024-05-29T22:00:00"),
        field("OPFTaskCopyNotePlain", "About the offer"),
        field("OPFTaskCopyReminderTime", "2024-05-30T07:00:00"),
        field("OPFTaskGetPriority", "5"),
        field("OPFTaskCopyModDate", "2024-05-01T00:00:00"),
    ];
    let done = [
        field("OPFTaskCopyName", "Done"),
        field("OPFTaskCopyCompletedDateTime", "2024-05-02T00:00:00"),
    ];
    let note = [
        field("OPFNoteCopyTitle", "Ideas"),
        field("OPFNoteCopyText", "Milk\nBread"),
        field("OPFNoteCopyCreationDate", "2023-01-01T00:00:00"),
        field("OPFNoteCopyModDate", "2023-02-01T00:00:00"),
    ];
    let categories = "<categories elementCount=\"2\"><category \
    OPFCategoryCopyBackgroundColor=\"r:1 g:0 b:0\" \
                      OPFCategoryCopyName=\"Supplier\"/><category \
                      OPFCategoryCopyName=\"Private\"/></categories>";
    let group = list("groups", "group", &[group.concat()]);
    vec![
        ("Categories.xml".to_owned(), categories.to_owned()),
        (
            format!("{HOME}/Address Book/Contacts.xml"),
            list("contacts", "contact", &[contact.concat(), second.concat()]),
        ),
        (format!("{HOME}/Address Book/Groups.xml"), group),
        (
            format!("{HOME}/Calendar/Calendar.xml"),
            list(
                "appointments",
                "appointment",
                &[
                    weekly.concat(),
                    changed.concat(),
                    all_day.concat(),
                    strange.concat(),
                ],
            ),
        ),
        (
            "Local/Tasks/Tasks.xml".to_owned(),
            list("tasks", "task", &[task.concat(), done.concat()]),
        ),
        (
            "Local/Notes/Notes.xml".to_owned(),
            list("notes", "note", &[note.concat()]),
        ),
        (
            format!("{HOME}/Settings.xml"),
            "<settings><a/></settings>".to_owned(),
        ),
    ]
}

/// The whole archive.
pub(crate) fn archive() -> Vec<u8> {
    let mut zip = Zip::default();
    zip.folder("Local/").folder("Accounts/").folder("Accounts/");
    for (path, xml) in others().iter().chain(&messages()) {
        zip.file(path, xml.as_bytes());
    }
    let attached = format!("{HOME}/com.microsoft.__Messages/Inbox/com.microsoft.__Attachments");
    zip.file(&format!("{attached}/1_0000"), b"%PDF-1.4 ..");
    let calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
    zip.file(&format!("{attached}/2.ics"), calendar.as_bytes());
    zip.finish()
}
