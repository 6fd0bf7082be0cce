// Reads stores with pst-extractor and prints a JSON line for each item: its title, and its values by the words of
// `item_properties.tsv`, as far as the library has names for them. Paths come on standard input.
const crypto = require('crypto');
const { PSTFile } = require('pst-extractor');

const time = (at) => (at ? at.toISOString().slice(0, 19) + 'Z' : undefined);
const date = (at) => (at ? at.toISOString().slice(0, 10) : undefined);
// A text that is not there is an empty one here.
const text = (own) => own || undefined;

const KINDS = {
  contact: (own) => ({
    display_name: text(own.displayName), first_name: text(own.givenName), middle_name: text(own.middleName),
    last_name: text(own.surname), nickname: text(own.nickname), file_as: text(own.fileUnder),
    company: text(own.companyName), department: text(own.departmentName), job_title: text(own.title),
    email1: text(own.email1EmailAddress), email2: text(own.email2EmailAddress), email3: text(own.email3EmailAddress),
    phone_business: text(own.businessTelephoneNumber), phone_home: text(own.homeTelephoneNumber),
    phone_mobile: text(own.mobileTelephoneNumber), phone_business_fax: text(own.businessFaxNumber),
    phone_company: text(own.companyMainPhoneNumber),
    business_street: text(own.workAddressStreet), business_city: text(own.workAddressCity),
    business_state: text(own.workAddressState), business_postal_code: text(own.workAddressPostalCode),
    business_country: text(own.workAddressCountry),
    home_street: text(own.homeAddressStreet), home_city: text(own.homeAddressCity),
    home_state: text(own.homeAddressStateOrProvince), home_postal_code: text(own.homeAddressPostalCode),
    home_country: text(own.homeAddressCountry),
    other_street: text(own.otherAddressStreet), other_city: text(own.otherAddressCity),
    other_state: text(own.otherAddressStateOrProvince), other_postal_code: text(own.otherAddressPostalCode),
    other_country: text(own.otherAddressCountry), other_po_box: text(own.otherAddressPostOfficeBox),
    birthday: date(own.birthday), anniversary: date(own.anniversary),
  }),
  meeting: (own) => ({
    location: text(own.location), start: time(own.startTime), end: time(own.endTime), all_day: own.subType,
    busy: own.busyStatus, response: own.responseStatus,
    recurrence: own.recurrenceStructure ? own.recurrenceStructure.toString('hex') : undefined,
  }),
  task: (own) => ({
    status: own.taskStatus, percent: Math.round(own.percentComplete * 100), complete: own.isTaskComplete,
    start: date(own.taskStartDate), due: date(own.taskDueDate), completed: date(own.taskDateCompleted),
  }),
  journal: (own) => ({
    activity: text(own.logType), start: time(own.logStart), end: time(own.logEnd), minutes: own.logDuration,
  }),
  note: () => ({}),
  distribution_list: () => ({}),
  email: (own) => ({
    from_name: text(own.sentRepresentingName), from_email: text(own.sentRepresentingEmailAddress),
    sent: time(own.clientSubmitTime), received: time(own.messageDeliveryTime), message_id: text(own.internetMessageId),
    html: text(own.bodyHTML),
  }),
};
const EMBEDDED = 5;
const CLASSES = { 'IPM.Contact': 'contact', 'IPM.Appointment': 'meeting', 'IPM.Task': 'task',
  'IPM.StickyNote': 'note', 'IPM.Activity': 'journal', 'IPM.DistList': 'distribution_list' };

function words(own) {
  const kind = own.messageClass.startsWith('IPM.OLE.CLASS') ? 'meeting' : CLASSES[own.messageClass] || 'email';
  const told = {
    class: own.messageClass, subject: own.subject, body: text(own.body),
    sensitivity: own.sensitivity, importance: own.importance,
    created: time(own.creationTime), modified: time(own.modificationTime), ...KINDS[kind](own),
  };
  if (own.numberOfRecipients > 0) {
    told.recipients = [...Array(own.numberOfRecipients).keys()].map((at) => {
      const person = own.getRecipient(at);
      return [person.recipientType, person.displayName, person.smtpAddress || person.emailAddress];
    }).sort();
  }
  if (own.numberOfAttachments > 0) {
    // A message in a message has no door here: an attachment does not know its node.
    const all = [...Array(own.numberOfAttachments).keys()].map((at) => own.getAttachment(at));
    told.files = all.filter((file) => file.attachMethod !== EMBEDDED).map((file) => {
      const content = Buffer.alloc(file.filesize);
      file.fileInputStream.readCompletely(content);
      return [file.longFilename, crypto.createHash('sha256').update(content).digest('hex')];
    }).sort();
  }
  return told;
}

function walk(path, folder) {
  if (folder.hasSubfolders) for (const child of folder.getSubFolders()) walk(path, child);
  if (folder.contentCount > 0) {
    for (let own = folder.getNextChild(); own; own = folder.getNextChild()) {
      console.log(JSON.stringify({ store: path, title: own.subject, words: words(own) }));
    }
  }
}

for (const path of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  walk(path, new PSTFile(path).getRootFolder());
}
