//! The rules of store, folders, messages and names.

use crate::pst::check::rule::rules;

rules! {
    NODE_MISSING: Error "check.node.missing",
        "the nodes that every store has are there", "[MS-PST] 2.7.1, check.md 8";
    NODE_EMPTY: Error "check.node.empty",
        "a node of an object or table has data", "[MS-PST] 2.2.1.1, 2.7.3";
    NODE_OPTIONAL: Note "check.node.optional",
        "the nodes that Outlook makes by itself are there", "check.md 8";
    TEMPLATE: Error "check.template.columns",
        "a template table has the columns that the specification asks for", "[MS-PST] 2.4.4.4.1, \
         2.4.4.5.1, 2.4.4.6.1, 2.4.5.3.1, 2.4.6.1.1, 2.4.8.6.2.1";
    TEMPLATE_ROWS: Error "check.template.rows",
        "a template table has no rows", "[MS-PST] 2.4.4.4.1, 2.4.4.5.1, 2.4.4.6.1, 2.4.5.3.1, \
         2.4.6.1.1";
    TEMPLATE_PLACE: Note "check.template.places",
        "the columns of a template are where Outlook has them, and no others", "check.md 9";
    TABLE_COLUMNS: Error "check.table.columns",
        "a table has the columns that its kind must have", "[MS-PST] 2.4.4.4, 2.4.4.5, 2.4.4.6, \
         2.4.5.3, 2.4.6.1";
    STORE_PROPERTY: Error "check.store.property",
        "the message store has a record key and the entry ids of its folders", "[MS-PST] 2.4.3.1";
    STORE_NAME: Note "check.store.name",
        "the message store has a display name", "[MS-PST] 2.4.3.1";
    STORE_ENTRY_ID: Error "check.store.entry-id",
        "an entry id of the store has its record key and names a folder", "[MS-PST] 2.4.3.2";
    NAMES_STREAM: Error "check.names.stream",
        "the streams of the name map are there, and whole", "[MS-PST] 2.4.7, check.md 10";
    NAMES_COUNT: Note "check.names.bucket-count",
        "PidTagNameidBucketCount is 251", "[MS-PST] 2.4.7.5";
    NAMES_ENTRY: Error "check.names.entry",
        "an entry of the name map names a GUID and a string that are there, and its own place",
        "[MS-PST] 2.4.7.1";
    NAMES_BUCKETS: Error "check.names.buckets",
        "every name is in its bucket, and no bucket has any other",
        "[MS-PST] 2.4.7.5, check.md 10";
    NAMES_TWICE: Note "check.names.twice",
        "no name is in the map twice", "[MS-PST] 2.4.7";
    NAMES_UNKNOWN: Note "check.names.unknown",
        "a property from 0x8000 has a name in the map", "[MS-PST] 2.4.2.2";
    REPLICATION: Note "check.replication.node",
        "the map of replication ids, 0xC01, is a tree in a heap of kind 0x9C, and its \
         nodes are there",
        "check.md 8";
    FOLDER_PROPERTY: Error "check.folder.property",
        "a folder has its name, its counts, and whether there are folders in it",
        "[MS-PST] 2.4.4.1.1";
    FOLDER_TABLES: Error "check.folder.tables",
        "a folder has a hierarchy, a contents and an associated contents table; a search folder \
         has its contents table", "[MS-PST] 2.4.4, 2.4.8.6";
    FOLDER_SEARCH: Note "check.folder.search",
        "a search folder has an update queue and criteria, and counts the rows of its contents \
         table", "[MS-PST] 2.4.8.6";
    TABLE_PARENT: Note "check.table.parent",
        "nidParent of a table is 0", "[MS-PST] 2.2.2.7.7.4.1, check.md 8";
    FOLDER_PARENT: Error "check.folder.parent",
        "the parent of a folder is a folder, and the root its own", "[MS-PST] 2.2.2.7.7.4.1";
    FOLDER_LOOP: Error "check.folder.loop",
        "parents of folders lead to the root", "[MS-PST] 2.4.4";
    FOLDER_UNLISTED: Error "check.folder.unlisted",
        "the hierarchy table of its parent lists a folder", "[MS-PST] 2.4.4.4.2";
    FOLDER_COUNT: Error "check.folder.count",
        "PidTagContentCount is the number of rows of the contents table",
        "[MS-PST] 2.5.2.2, check.md 12";
    FOLDER_UNREAD: Error "check.folder.unread",
        "PidTagContentUnreadCount is the number of rows that are not read", "[MS-PST] 2.5.2.2";
    FOLDER_ASSOCIATED: Note "check.folder.associated-count",
        "PidTagAssociatedContentCount is the number of rows of the associated contents table",
        "[MS-PST] 2.5.2.2";
    FOLDER_SUBFOLDERS: Error "check.folder.subfolders",
        "PidTagSubfolders says whether the hierarchy table has rows", "[MS-PST] 2.5.2.2";
    HIERARCHY_ROW: Error "check.hierarchy.row",
        "a row of a hierarchy table is for a folder whose parent is that of the table",
        "[MS-PST] 2.4.4.4.2";
    HIERARCHY_VALUE: Error "check.hierarchy.value",
        "a row of a hierarchy table says of the folder what its properties say",
        "[MS-PST] 2.4.4.3, check.md 12";
    HIERARCHY_ONLY: Note "check.hierarchy.only-folder",
        "what a folder has and its table has a column for, its row has too, and the reverse",
        "[MS-PST] 2.4.4.3";
    CACHE_VALUE: Note "check.ost.value",
        "a row of an OST says of its object what the object says", "[MS-PST] 2.4.4.3";
    CONTENTS_ROW: Error "check.contents.row",
        "a row of a contents table is for a message whose parent is the folder",
        "[MS-PST] 2.4.4.5.2";
    CONTENTS_VALUE: Error "check.contents.value",
        "a row of a contents table says of the message what its properties say",
        "[MS-PST] 2.4.4.3, check.md 13";
    CONTENTS_SIZE: Note "check.contents.size",
        "a row of a contents table has the size that the message has", "[MS-PST] 2.4.4.3";
    CONTENTS_ONLY_ROW: Note "check.contents.only-row",
        "what a row of a contents table has, the message has too", "[MS-PST] 2.4.4.3";
    CONTENTS_ONLY_MESSAGE: Note "check.contents.only-message",
        "what a message has and its table has a column for, its row has too",
        "[MS-PST] 2.4.4.3";
    ASSOCIATED_VALUE: Note "check.associated.value",
        "a row of an associated contents table says of the message what its properties say",
        "[MS-PST] 2.4.4.3";
    CONVERSATION: Note "check.contents.conversation",
        "PidTagConversationId of a row is that of the conversation index, or the MD5 of the topic \
         in capitals", "[MS-PST] 5.4, check.md 19";
    ROW_VERSION: Note "check.row.version",
        "PidTagLtpRowVer of each row is of its own, and below dwUnique", "check.md 14";
    MESSAGE_PARENT: Error "check.message.parent",
        "the parent of a message is a folder", "[MS-PST] 2.4.5.2";
    MESSAGE_UNLISTED: Error "check.message.unlisted",
        "the contents table of its folder lists a message", "[MS-PST] 2.4.4.5.2";
    MESSAGE_PROPERTY: Error "check.message.property",
        "a message has its class, flags and size", "[MS-PST] 2.4.5.1.1";
    MESSAGE_OPTIONAL: Note "check.message.optional",
        "a message has a search key and the times at which it was made and changed",
        "check.md 15";
    MESSAGE_SIZE: Error "check.message.size",
        "PidTagMessageSize is that of the row or the bytes of the message's blocks, and between a \
         quarter and four times these", "[MS-PST] 2.5.2.3, check.md 16";
    MESSAGE_SIZE_OTHER: Note "check.message.size-other",
        "PidTagMessageSize is the bytes of all its blocks", "check.md 16";
    MESSAGE_RECIPIENTS: Note "check.message.recipients",
        "a message has a recipient table", "[MS-PST] 2.4.5.3.2";
    MESSAGE_TABLES: Error "check.message.tables",
        "a message has one recipient table at most, 0x692, and one attachment table, 0x671",
        "[MS-PST] 2.4.5.3, 2.4.6";
    MESSAGE_ATTACHMENTS: Note "check.message.attachment-flag",
        "mfHasAttach says whether there are attachments", "[MS-PST] 2.5.2.3";
    ATTACHMENT_ROW: Error "check.attachment.row",
        "the attachment table has a row for each attachment, and no other",
        "[MS-PST] 2.4.6.1.3";
    ATTACHMENT_VALUE: Error "check.attachment.value",
        "a row of an attachment table says what the attachment says", "[MS-PST] 2.4.6.3";
    ATTACHMENT_PROPERTY: Error "check.attachment.property",
        "an attachment has its size, method and rendering position", "[MS-PST] 2.4.6.2.1";
    ATTACHMENT_SIZE: Note "check.attachment.size",
        "PidTagAttachSize of a file is the sum of the sizes of all its properties",
        "[MS-PST] 2.5.2.5, check.md 17";
    ATTACHMENT_DATA: Error "check.attachment.data",
        "a message or object that is attached is in a subnode", "[MS-PST] 2.4.6.2.2";
    ATTACHMENT_NO_DATA: Note "check.attachment.no-data",
        "an attachment whose method is a message or object has one", "[MS-PST] 2.4.6.2.2";
    RECIPIENT_TYPE: Note "check.recipient.type",
        "PidTagRecipientType is 0 to 3", "[MS-PST] 2.4.5.3.1";
    LIMIT_WORK: Error "check.limit.work",
        "no block is referred to so often that the store cannot be read to the end", "check.md 18";
    LIMIT_DEPTH: Error "check.limit.depth",
        "messages are in messages 32 deep at most", "check.md 18";
}
