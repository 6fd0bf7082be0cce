//! The names that message classes have in `attMessageClass`.
//!
//! *Spec*: MS-OXTNEF 2.1.3.3.2 (attMessageClass).

/// Older name, and that of MAPI.
const CLASSES: [(&str, &str); 8] = [
    ("IPM.Microsoft Mail.Note", "IPM.Note"),
    ("IPM.Microsoft Mail.Read Receipt", "REPORT.IPM.Note.IPNRN"),
    ("IPM.Microsoft Mail.Non-Delivery", "REPORT.IPM.Note.NDR"),
    (
        "IPM.Microsoft Schedule.MtgReq",
        "IPM.Schedule.Meeting.Request",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespP",
        "IPM.Schedule.Meeting.Resp.Pos",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespN",
        "IPM.Schedule.Meeting.Resp.Neg",
    ),
    (
        "IPM.Microsoft Schedule.MtgRespA",
        "IPM.Schedule.Meeting.Resp.Tent",
    ),
    (
        "IPM.Microsoft Schedule.MtgCncl",
        "IPM.Schedule.Meeting.Canceled",
    ),
];

/// The class as MAPI names it.
pub(super) fn mapi(class: &str) -> String {
    let known = CLASSES
        .iter()
        .find(|(older, _)| older.eq_ignore_ascii_case(class));
    known.map_or(class, |(_, name)| name).to_owned()
}

/// Whether a class is that of an answer to a meeting.
pub(super) fn is_response(class: &str) -> bool {
    const PREFIX: &str = "ipm.schedule.meeting.resp";
    class
        .get(..PREFIX.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_names_are_known() {
        assert_eq!(mapi("IPM.Microsoft Mail.note"), "IPM.Note");
        assert_eq!(mapi("IPM.Contact"), "IPM.Contact");
        assert!(is_response(&mapi("IPM.Microsoft Schedule.MtgRespA")));
        assert!(!is_response("IPM.Schedule.Meeting.Request"));
    }
}
