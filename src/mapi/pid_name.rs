//! Property set and string of the named properties that have one, and their names.
//!
//! *Spec*: MS-OXPROPS section 2 (`PidName…`).
//!
//! Written by `generate/dictionary.py`; edit that instead.

super::names::texts! {
    BIRTHDAY_CONTACT_ATTRIBUTION_DISPLAY_NAME = ADDRESS
        "BirthdayContactAttributionDisplayName", STRING,
        "PidNameBirthdayContactAttributionDisplayName";
    BIRTHDAY_CONTACT_ENTRY_ID = ADDRESS "BirthdayContactEntryId", BINARY,
        "PidNameBirthdayContactEntryId";
    BIRTHDAY_CONTACT_PERSON_GUID = ADDRESS "BirthdayContactPersonGuid", BINARY,
        "PidNameBirthdayContactPersonGuid";
    IS_BIRTHDAY_CONTACT_WRITABLE = ADDRESS "IsBirthdayContactWritable", BOOL,
        "PidNameIsBirthdayContactWritable";
    EXTRACTED_ADDRESSES = XML_EXTRACTED_ENTITIES "XmlExtractedAddresses", STRING,
        "PidNameExtractedAddresses";
    EXTRACTED_CONTACTS = XML_EXTRACTED_ENTITIES "XmlExtractedContacts", STRING,
        "PidNameExtractedContacts";
    EXTRACTED_EMAILS = XML_EXTRACTED_ENTITIES "XmlExtractedEmails", STRING,
        "PidNameExtractedEmails";
    EXTRACTED_MEETINGS = XML_EXTRACTED_ENTITIES "XmlExtractedMeetings", STRING,
        "PidNameExtractedMeetings";
    EXTRACTED_PHONES = XML_EXTRACTED_ENTITIES "XmlExtractedPhones", STRING,
        "PidNameExtractedPhones";
    EXTRACTED_TASKS = XML_EXTRACTED_ENTITIES "XmlExtractedTasks", STRING, "PidNameExtractedTasks";
    EXTRACTED_URLS = XML_EXTRACTED_ENTITIES "XmlExtractedUrls", STRING, "PidNameExtractedUrls";
    APPLICATION_NAME = PS_PUBLIC_STRINGS "AppName", STRING, "PidNameApplicationName";
    AUTHOR = PS_PUBLIC_STRINGS "Author", STRING, "PidNameAuthor";
    BYTE_COUNT = PS_PUBLIC_STRINGS "ByteCount", I32, "PidNameByteCount";
    CATEGORY = PS_PUBLIC_STRINGS "Category", STRING, "PidNameCategory";
    CHARACTER_COUNT = PS_PUBLIC_STRINGS "CharCount", I32, "PidNameCharacterCount";
    COMMENTS = PS_PUBLIC_STRINGS "Comments", STRING, "PidNameComments";
    COMPANY = PS_PUBLIC_STRINGS "Company", STRING, "PidNameCompany";
    CREATE_DATE_TIME_READ_ONLY = PS_PUBLIC_STRINGS "CreateDtmRo", TIME,
        "PidNameCreateDateTimeReadOnly";
    DAV_ID = PS_PUBLIC_STRINGS "DAV:id", STRING, "PidNameDavId";
    DAV_IS_COLLECTION = PS_PUBLIC_STRINGS "DAV:iscollection", BOOL, "PidNameDavIsCollection";
    DAV_IS_STRUCTURED_DOCUMENT = PS_PUBLIC_STRINGS "DAV:isstructureddocument", BOOL,
        "PidNameDavIsStructuredDocument";
    DAV_PARENT_NAME = PS_PUBLIC_STRINGS "DAV:parentname", STRING, "PidNameDavParentName";
    DAV_UID = PS_PUBLIC_STRINGS "DAV:uid", STRING, "PidNameDavUid";
    DOCUMENT_PARTS = PS_PUBLIC_STRINGS "DocParts", multi STRING, "PidNameDocumentParts";
    MEETING_DO_NOT_FORWARD = PS_PUBLIC_STRINGS "DoNotForward", BOOL, "PidNameMeetingDoNotForward";
    RIGHTS_MANAGEMENT_LICENSE = PS_PUBLIC_STRINGS "DRMLicense", multi BINARY,
        "PidNameRightsManagementLicense";
    EDIT_TIME = PS_PUBLIC_STRINGS "EditTime", STRING, "PidNameEditTime";
    HEADING_PAIRS = PS_PUBLIC_STRINGS "HeadingPairs", BINARY, "PidNameHeadingPairs";
    HIDDEN_COUNT = PS_PUBLIC_STRINGS "HiddenCount", I32, "PidNameHiddenCount";
    EXCHANGE_INTENDED_BUSY_STATUS = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/intendedbusystatus", STRING,
        "PidNameExchangeIntendedBusyStatus";
    EXCHANGE_JUNK_EMAIL_MOVE_STAMP = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/junkemailmovestamp", I32,
        "PidNameExchangeJunkEmailMoveStamp";
    EXCHANGE_MODIFY_EXCEPTION_STRUCTURE = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/modifyexceptionstruct", BINARY,
        "PidNameExchangeModifyExceptionStructure";
    EXCHANGE_NO_MODIFY_EXCEPTIONS = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/nomodifyexceptions", BOOL,
        "PidNameExchangeNoModifyExceptions";
    EXCHANGE_PATTERN_END = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/patternend", TIME,
        "PidNameExchangePatternEnd";
    EXCHANGE_PATTERN_START = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/patternstart", TIME,
        "PidNameExchangePatternStart";
    EXCHANGE_REMINDER_INTERVAL = PS_PUBLIC_STRINGS
        "http://schemas.microsoft.com/exchange/reminderinterval", I32,
        "PidNameExchangeReminderInterval";
    PHISHING_STAMP = PS_PUBLIC_STRINGS "http://schemas.microsoft.com/outlook/phishingstamp", I32,
        "PidNamePhishingStamp";
    KEYWORDS = PS_PUBLIC_STRINGS "Keywords", multi STRING, "PidNameKeywords";
    LAST_AUTHOR = PS_PUBLIC_STRINGS "LastAuthor", STRING, "PidNameLastAuthor";
    LAST_PRINTED = PS_PUBLIC_STRINGS "LastPrinted", TIME, "PidNameLastPrinted";
    LAST_SAVE_DATE_TIME = PS_PUBLIC_STRINGS "LastSaveDtm", TIME, "PidNameLastSaveDateTime";
    LINE_COUNT = PS_PUBLIC_STRINGS "LineCount", I32, "PidNameLineCount";
    LINKS_DIRTY = PS_PUBLIC_STRINGS "LinksDirty", BOOL, "PidNameLinksDirty";
    MANAGER = PS_PUBLIC_STRINGS "Manager", STRING, "PidNameManager";
    MULTIMEDIA_CLIP_COUNT = PS_PUBLIC_STRINGS "MMClipCount", I32, "PidNameMultimediaClipCount";
    NOTE_COUNT = PS_PUBLIC_STRINGS "NoteCount", I32, "PidNameNoteCount";
    OMS_ACCOUNT_GUID = PS_PUBLIC_STRINGS "OMSAccountGuid", STRING, "PidNameOMSAccountGuid";
    OMS_MOBILE_MODEL = PS_PUBLIC_STRINGS "OMSMobileModel", STRING, "PidNameOMSMobileModel";
    OMS_SCHEDULE_TIME = PS_PUBLIC_STRINGS "OMSScheduleTime", TIME, "PidNameOMSScheduleTime";
    OMS_SERVICE_TYPE = PS_PUBLIC_STRINGS "OMSServiceType", I32, "PidNameOMSServiceType";
    OMS_SOURCE_TYPE = PS_PUBLIC_STRINGS "OMSSourceType", I32, "PidNameOMSSourceType";
    PAGE_COUNT = PS_PUBLIC_STRINGS "PageCount", I32, "PidNamePageCount";
    PARAGRAPH_COUNT = PS_PUBLIC_STRINGS "ParCount", I32, "PidNameParagraphCount";
    PRESENTATION_FORMAT = PS_PUBLIC_STRINGS "PresFormat", STRING, "PidNamePresentationFormat";
    QUARANTINE_ORIGINAL_SENDER = PS_PUBLIC_STRINGS "quarantine-original-sender", STRING,
        "PidNameQuarantineOriginalSender";
    REVISION_NUMBER = PS_PUBLIC_STRINGS "RevNumber", STRING, "PidNameRevisionNumber";
    SCALE = PS_PUBLIC_STRINGS "Scale", BOOL, "PidNameScale";
    SECURITY = PS_PUBLIC_STRINGS "Security", I32, "PidNameSecurity";
    SLIDE_COUNT = PS_PUBLIC_STRINGS "SlideCount", I32, "PidNameSlideCount";
    SUBJECT = PS_PUBLIC_STRINGS "Subject", STRING, "PidNameSubject";
    TEMPLATE = PS_PUBLIC_STRINGS "Template", STRING, "PidNameTemplate";
    THUMBNAIL = PS_PUBLIC_STRINGS "Thumbnail", BINARY, "PidNameThumbnail";
    TITLE = PS_PUBLIC_STRINGS "Title", STRING, "PidNameTitle";
    EXCH_DATABASE_SCHEMA = PS_PUBLIC_STRINGS
        "urn:schemas-microsoft-com:exch-data:baseschema", multi STRING,
        "PidNameExchDatabaseSchema";
    EXCH_DATA_EXPECTED_CONTENT_CLASS = PS_PUBLIC_STRINGS
        "urn:schemas-microsoft-com:exch-data:expected-content-class", multi STRING,
        "PidNameExchDataExpectedContentClass";
    EXCH_DATA_SCHEMA_COLLECTION_REFERENCE = PS_PUBLIC_STRINGS
        "urn:schemas-microsoft-com:exch-data:schema-collection-ref", STRING,
        "PidNameExchDataSchemaCollectionReference";
    CALENDAR_ATTENDEE_ROLE = PS_PUBLIC_STRINGS "urn:schemas:calendar:attendeerole", I32,
        "PidNameCalendarAttendeeRole";
    CALENDAR_BUSYSTATUS = PS_PUBLIC_STRINGS "urn:schemas:calendar:busystatus", STRING,
        "PidNameCalendarBusystatus";
    CALENDAR_CONTACT = PS_PUBLIC_STRINGS "urn:schemas:calendar:contact", STRING,
        "PidNameCalendarContact";
    CALENDAR_CONTACT_URL = PS_PUBLIC_STRINGS "urn:schemas:calendar:contacturl", STRING,
        "PidNameCalendarContactUrl";
    CALENDAR_CREATED = PS_PUBLIC_STRINGS "urn:schemas:calendar:created", TIME,
        "PidNameCalendarCreated";
    CALENDAR_DESCRIPTION_URL = PS_PUBLIC_STRINGS "urn:schemas:calendar:descriptionurl", STRING,
        "PidNameCalendarDescriptionUrl";
    CALENDAR_DURATION = PS_PUBLIC_STRINGS "urn:schemas:calendar:duration", I32,
        "PidNameCalendarDuration";
    CALENDAR_EXCEPTION_DATE = PS_PUBLIC_STRINGS "urn:schemas:calendar:exdate", multi TIME,
        "PidNameCalendarExceptionDate";
    CALENDAR_EXCEPTION_RULE = PS_PUBLIC_STRINGS "urn:schemas:calendar:exrule", multi STRING,
        "PidNameCalendarExceptionRule";
    CALENDAR_GEO_LATITUDE = PS_PUBLIC_STRINGS "urn:schemas:calendar:geolatitude", F64,
        "PidNameCalendarGeoLatitude";
    CALENDAR_GEO_LONGITUDE = PS_PUBLIC_STRINGS "urn:schemas:calendar:geolongitude", F64,
        "PidNameCalendarGeoLongitude";
    CALENDAR_INSTANCE_TYPE = PS_PUBLIC_STRINGS "urn:schemas:calendar:instancetype", I32,
        "PidNameCalendarInstanceType";
    CALENDAR_IS_ORGANIZER = PS_PUBLIC_STRINGS "urn:schemas:calendar:isorganizer", BOOL,
        "PidNameCalendarIsOrganizer";
    CALENDAR_LAST_MODIFIED = PS_PUBLIC_STRINGS "urn:schemas:calendar:lastmodified", TIME,
        "PidNameCalendarLastModified";
    CALENDAR_LOCATION_URL = PS_PUBLIC_STRINGS "urn:schemas:calendar:locationurl", STRING,
        "PidNameCalendarLocationUrl";
    LOCATION_URL = PS_PUBLIC_STRINGS "urn:schemas:calendar:locationurl", STRING,
        "PidNameLocationUrl";
    CALENDAR_MEETING_STATUS = PS_PUBLIC_STRINGS "urn:schemas:calendar:meetingstatus", STRING,
        "PidNameCalendarMeetingStatus";
    CALENDAR_METHOD = PS_PUBLIC_STRINGS "urn:schemas:calendar:method", STRING,
        "PidNameCalendarMethod";
    CALENDAR_PRODUCT_ID = PS_PUBLIC_STRINGS "urn:schemas:calendar:prodid", STRING,
        "PidNameCalendarProductId";
    I_CALENDAR_RECURRENCE_DATE = PS_PUBLIC_STRINGS "urn:schemas:calendar:rdate", multi TIME,
        "PidNameICalendarRecurrenceDate";
    CALENDAR_RECURRENCE_ID_RANGE = PS_PUBLIC_STRINGS
        "urn:schemas:calendar:recurrenceidrange", STRING,
        "PidNameCalendarRecurrenceIdRange";
    CALENDAR_REMINDER_OFFSET = PS_PUBLIC_STRINGS "urn:schemas:calendar:reminderoffset", I32,
        "PidNameCalendarReminderOffset";
    CALENDAR_RESOURCES = PS_PUBLIC_STRINGS "urn:schemas:calendar:resources", STRING,
        "PidNameCalendarResources";
    I_CALENDAR_RECURRENCE_RULE = PS_PUBLIC_STRINGS "urn:schemas:calendar:rrule", multi STRING,
        "PidNameICalendarRecurrenceRule";
    CALENDAR_RSVP = PS_PUBLIC_STRINGS "urn:schemas:calendar:rsvp", BOOL, "PidNameCalendarRsvp";
    CALENDAR_SEQUENCE = PS_PUBLIC_STRINGS "urn:schemas:calendar:sequence", I32,
        "PidNameCalendarSequence";
    CALENDAR_TIME_ZONE = PS_PUBLIC_STRINGS "urn:schemas:calendar:timezone", STRING,
        "PidNameCalendarTimeZone";
    CALENDAR_TIME_ZONE_ID = PS_PUBLIC_STRINGS "urn:schemas:calendar:timezoneid", I32,
        "PidNameCalendarTimeZoneId";
    CALENDAR_TRANSPARENT = PS_PUBLIC_STRINGS "urn:schemas:calendar:transparent", STRING,
        "PidNameCalendarTransparent";
    CALENDAR_UID = PS_PUBLIC_STRINGS "urn:schemas:calendar:uid", STRING, "PidNameCalendarUid";
    CALENDAR_VERSION = PS_PUBLIC_STRINGS "urn:schemas:calendar:version", STRING,
        "PidNameCalendarVersion";
    HTTPMAIL_CALENDAR = PS_PUBLIC_STRINGS "urn:schemas:httpmail:calendar", STRING,
        "PidNameHttpmailCalendar";
    HTTPMAIL_HTML_DESCRIPTION = PS_PUBLIC_STRINGS "urn:schemas:httpmail:htmldescription", STRING,
        "PidNameHttpmailHtmlDescription";
    HTTPMAIL_SEND_MESSAGE = PS_PUBLIC_STRINGS "urn:schemas:httpmail:sendmsg", STRING,
        "PidNameHttpmailSendMessage";
    WORD_COUNT = PS_PUBLIC_STRINGS "WordCount", I32, "PidNameWordCount";
    ATTACHMENT_MAC_CONTENT_TYPE = ATTACHMENT "AttachmentMacContentType", STRING,
        "PidNameAttachmentMacContentType";
    ATTACHMENT_MAC_INFO = ATTACHMENT "AttachmentMacInfo", BINARY, "PidNameAttachmentMacInfo";
    ATTACHMENT_ORIGINAL_PERMISSION_TYPE = ATTACHMENT "AttachmentOriginalPermissionType", I32,
        "PidNameAttachmentOriginalPermissionType";
    ATTACHMENT_PERMISSION_TYPE = ATTACHMENT "AttachmentPermissionType", I32,
        "PidNameAttachmentPermissionType";
    ATTACHMENT_PROVIDER_TYPE = ATTACHMENT "AttachmentProviderType", STRING,
        "PidNameAttachmentProviderType";
    ACCEPT_LANGUAGE = INTERNET_HEADERS "Accept-Language", STRING, "PidNameAcceptLanguage";
    CONTENT_BASE = INTERNET_HEADERS "Content-Base", STRING, "PidNameContentBase";
    CONTENT_CLASS = INTERNET_HEADERS "Content-Class", STRING, "PidNameContentClass";
    CONTENT_TYPE = INTERNET_HEADERS "Content-Type", STRING, "PidNameContentType";
    FROM = INTERNET_HEADERS "From", STRING, "PidNameFrom";
    MSIP_LABELS = INTERNET_HEADERS "msip_labels", STRING, "PidNameMSIPLabels";
    INTERNET_SUBJECT = INTERNET_HEADERS "Subject", STRING, "PidNameInternetSubject";
    X_VOICE_MESSAGE_ATTACHMENT_ORDER = INTERNET_HEADERS "X-AttachmentOrder", STRING,
        "PidNameXVoiceMessageAttachmentOrder";
    X_CALL_ID = INTERNET_HEADERS "X-CallID", STRING, "PidNameXCallId";
    X_SENDER_TELEPHONE_NUMBER = INTERNET_HEADERS "X-CallingTelephoneNumber", STRING,
        "PidNameXSenderTelephoneNumber";
    X_FAX_NUMBER_OF_PAGES = INTERNET_HEADERS "X-FaxNumberOfPages", I16, "PidNameXFaxNumberOfPages";
    X_REQUIRE_PROTECTED_PLAY_ON_PHONE = INTERNET_HEADERS "X-RequireProtectedPlayOnPhone", BOOL,
        "PidNameXRequireProtectedPlayOnPhone";
    X_SHARING_BROWSE_URL = INTERNET_HEADERS "X-Sharing-Browse-Url", STRING,
        "PidNameXSharingBrowseUrl";
    X_SHARING_CAPABILITIES = INTERNET_HEADERS "X-Sharing-Capabilities", STRING,
        "PidNameXSharingCapabilities";
    X_SHARING_CONFIG_URL = INTERNET_HEADERS "X-Sharing-Config-Url", STRING,
        "PidNameXSharingConfigUrl";
    X_SHARING_EXENDED_CAPS = INTERNET_HEADERS "X-Sharing-Exended-Caps", STRING,
        "PidNameXSharingExendedCaps";
    X_SHARING_FLAVOR = INTERNET_HEADERS "X-Sharing-Flavor", STRING, "PidNameXSharingFlavor";
    X_SHARING_INSTANCE_GUID = INTERNET_HEADERS "X-Sharing-Instance-Guid", STRING,
        "PidNameXSharingInstanceGuid";
    X_SHARING_LOCAL_TYPE = INTERNET_HEADERS "X-Sharing-Local-Type", STRING,
        "PidNameXSharingLocalType";
    X_SHARING_PROVIDER_GUID = INTERNET_HEADERS "X-Sharing-Provider-Guid", STRING,
        "PidNameXSharingProviderGuid";
    X_SHARING_PROVIDER_NAME = INTERNET_HEADERS "X-Sharing-Provider-Name", STRING,
        "PidNameXSharingProviderName";
    X_SHARING_PROVIDER_URL = INTERNET_HEADERS "X-Sharing-Provider-Url", STRING,
        "PidNameXSharingProviderUrl";
    X_SHARING_REMOTE_NAME = INTERNET_HEADERS "X-Sharing-Remote-Name", STRING,
        "PidNameXSharingRemoteName";
    X_SHARING_REMOTE_PATH = INTERNET_HEADERS "X-Sharing-Remote-Path", STRING,
        "PidNameXSharingRemotePath";
    X_SHARING_REMOTE_STORE_UID = INTERNET_HEADERS "X-Sharing-Remote-Store-Uid", STRING,
        "PidNameXSharingRemoteStoreUid";
    X_SHARING_REMOTE_TYPE = INTERNET_HEADERS "X-Sharing-Remote-Type", STRING,
        "PidNameXSharingRemoteType";
    X_SHARING_REMOTE_UID = INTERNET_HEADERS "X-Sharing-Remote-Uid", STRING,
        "PidNameXSharingRemoteUid";
    X_VOICE_MESSAGE_DURATION = INTERNET_HEADERS "X-VoiceMessageDuration", I16,
        "PidNameXVoiceMessageDuration";
    X_VOICE_MESSAGE_SENDER_NAME = INTERNET_HEADERS "X-VoiceMessageSenderName", STRING,
        "PidNameXVoiceMessageSenderName";
    CROSS_REFERENCE = INTERNET_HEADERS "Xref", STRING, "PidNameCrossReference";
    AUTOMATIC_SPEECH_RECOGNITION_DATA = UNIFIED_MESSAGING "AsrData", BINARY,
        "PidNameAutomaticSpeechRecognitionData";
    AUDIO_NOTES = UNIFIED_MESSAGING "UMAudioNotes", STRING, "PidNameAudioNotes";
}
