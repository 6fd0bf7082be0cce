//! What a message of a store adds to an inspection: counted before it is an item, so that nothing
//! of it is missed.

use crate::mapi::{AttachmentData, Guid, Message, Value, pid_tag};
use crate::source::MessageJob;

use super::inspect::{AttachmentLine, NO_CLASS, Seen};

impl Seen {
    /// Reads all of a message.
    pub(super) fn of_job(job: &MessageJob<'_>) -> Self {
        let mut seen = Self::at(job.source.name(), &job.folder(), job.locator());
        seen.orphan = job.location.orphan;
        match job.read() {
            Ok((message, findings)) => {
                seen.readable = true;
                seen.findings = findings;
                seen.describe(&message);
                seen.hash_attachments(&message);
            }
            Err(error) => seen.findings.push(job.lost(&error)),
        }
        seen
    }

    fn describe(&mut self, message: &Message) {
        let props = &message.props;
        let text = |id: u16| {
            props
                .str(id)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let time = |id: u16| {
            props
                .get(id)
                .and_then(Value::as_time)
                .and_then(|at| at.timestamp())
        };
        self.line.class = text(pid_tag::MESSAGE_CLASS).unwrap_or_else(|| NO_CLASS.to_owned());
        self.line.subject = text(pid_tag::SUBJECT).or_else(|| text(pid_tag::DISPLAY_NAME));
        self.line.date = time(pid_tag::CLIENT_SUBMIT_TIME).or_else(|| time(pid_tag::CREATION_TIME));
        let keywords = props.text_name(Guid::PS_PUBLIC_STRINGS, "Keywords");
        let keywords = keywords.and_then(Value::as_multi).unwrap_or_default();
        self.line.categories = keywords
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        self.line.recipients = message.recipients.len() as u64;
    }

    /// Reads every byte that is attached, embedded messages included, without recursion.
    fn hash_attachments(&mut self, message: &Message) {
        let mut messages = vec![(message, true)];
        while let Some((message, own)) = messages.pop() {
            let bags = message.recipients.iter().chain([&message.props]);
            let properties: usize = bags.map(|bag| bag.len()).sum();
            self.properties = self.properties.saturating_add(properties as u64);
            for attachment in &message.attachments {
                self.properties = self
                    .properties
                    .saturating_add(attachment.props.len() as u64);
                let props = &attachment.props;
                let name = props
                    .str(pid_tag::ATTACH_LONG_FILENAME)
                    .or_else(|| props.str(pid_tag::ATTACH_FILENAME))
                    .or_else(|| props.str(pid_tag::DISPLAY_NAME));
                let mut line = AttachmentLine {
                    name: name.map(str::to_owned),
                    size: 0,
                    blake3: String::new(),
                };
                match &attachment.data {
                    AttachmentData::File(content) | AttachmentData::Ole(content) => {
                        self.hash(content, &mut line);
                    }
                    AttachmentData::Message(message) => messages.push((message, false)),
                    AttachmentData::None | AttachmentData::Reference => {}
                }
                if own {
                    self.line.attachments.push(line);
                } else {
                    self.embedded_attachments = self.embedded_attachments.saturating_add(1);
                }
            }
        }
    }
}
