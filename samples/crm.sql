-- What BigContacts' users did meanwhile, of every kind: a company and a contact of it, a list, meetings and tasks with
-- her (a series with exceptions among them), mails, a note, a call. For the replica of the CRM side:
-- `sqlite3 crm/ledger.sqlite < samples/crm.sql`, then `airbridge crm export`.
INSERT INTO contact (id, display_name, company, is_company)
 VALUES ('ab-00000000000000000000000000000000', 'Lind AB', 'Lind AB', 1);
INSERT INTO contact
 (id, display_name, first_name, last_name, company, job_title, birthday, assigned_to) VALUES
 ('ab-00000000000000000000000000000001', 'Nora Lind', 'Nora', 'Lind', 'Lind AB', 'Buyer', '1988-11-30', '7');
INSERT INTO contact_email VALUES
 ('ab-00000000000000000000000000000001', 1, 'nora@lind.example', 'Nora Lind');
INSERT INTO contact_phone VALUES
 ('ab-00000000000000000000000000000001', 'mobile', '+46 8 555 0190');
INSERT INTO contact_address (item, kind, street, city, postal_code, country) VALUES
 ('ab-00000000000000000000000000000001', 'business', 'Strandvägen 4', 'Stockholm', '114 56', 'Sweden');
INSERT INTO meeting (id, subject, location, start, "end", body)
 VALUES ('ab-00000000000000000000000000000002', 'Visit of Lind AB', 'Yard',
         '2026-03-01T09:00:00Z', '2026-03-01T10:00:00Z', 'Show the slip');
INSERT INTO task (id, subject, due, status, body) VALUES
 ('ab-00000000000000000000000000000003', 'Send offer', '2026-03-05', 'not_started', 'by mail');

-- What has no column, such as how a meeting recurs, is in the record; the columns show the rest of it.
WITH made (id, kind, class, more) AS (VALUES
 ('ab-00000000000000000000000000000004', 'meeting', 'IPM.Appointment', '{
   "subject": "Progress of the Svala", "location": "Yard", "body": {"plain": "What is done, what is next"},
   "start": "2026-03-05T13:00:00Z", "end": "2026-03-05T14:00:00Z", "busy": "busy",
   "time_zone": {"windows": "W. Europe Standard Time", "iana": "Europe/Berlin"},
   "recurrence": {"frequency": "weekly", "interval": 2, "days": ["thursday"], "week_start": "monday",
     "start": "2026-03-05", "count": 6, "start_minutes": 840, "end_minutes": 900,
     "rule": "FREQ=WEEKLY;COUNT=6;INTERVAL=2;BYDAY=TH;WKST=MO", "deleted": ["2026-04-02"],
     "exceptions": [{"original": "2026-03-19T14:00:00", "start": "2026-03-20T09:00:00", "end": "2026-03-20T10:30:00",
       "original_utc": "2026-03-19T13:00:00Z", "start_utc": "2026-03-20T08:00:00Z", "end_utc": "2026-03-20T09:30:00Z",
       "location": "Lind AB, Stockholm"}]}}'),
 ('ab-00000000000000000000000000000005', 'task', 'IPM.Task', '{
   "subject": "Photos of the Svala for Lind AB", "start": "2026-03-02", "due": "2026-03-02",
   "body": {"plain": "Port and starboard"},
   "recurrence": {"frequency": "weekly", "interval": 1, "days": ["monday"], "week_start": "monday",
     "start": "2026-03-02", "count": 10, "rule": "FREQ=WEEKLY;COUNT=10;BYDAY=MO;WKST=MO"}}'),
 ('ab-00000000000000000000000000000006', 'email', 'IPM.Note', '{
   "nature": "message", "subject": "Hull 12: what would it cost?", "message_id": "hull-12@lind.example",
   "from": {"name": "Nora Lind", "email": "nora@lind.example"},
   "to": [{"name": "Karin Petersen", "email": "karin@nordlicht-bootsbau.example"}],
   "sent": "2026-02-24T08:05:00Z", "received": "2026-02-24T08:05:00Z",
   "body": {"plain": "Dear Karin, we would like to buy hull 12."}}'),
 ('ab-00000000000000000000000000000007', 'email', 'IPM.Note', '{
   "nature": "message", "subject": "Re: Hull 12: what would it cost?", "message_id": "hull-12-re@nordlicht-bootsbau.example",
   "from": {"name": "Karin Petersen", "email": "karin@nordlicht-bootsbau.example"},
   "to": [{"name": "Nora Lind", "email": "nora@lind.example"}],
   "cc": [{"name": "Ole Hansen", "email": "ole@nordlicht-bootsbau.example"}],
   "sent": "2026-02-25T10:40:00Z", "received": "2026-02-25T10:40:00Z", "state": {"read": true, "from_me": true},
   "body": {"html": "<html><body><p>Dear Nora, the offer comes <b>this week</b>.</p></body></html>"}}'),
 ('ab-00000000000000000000000000000008', 'distribution_list', 'IPM.DistList', '{
   "name": "Svala", "members": [{"name": "Nora Lind", "email": "nora@lind.example"},
     {"name": "Ole Hansen", "email": "ole@nordlicht-bootsbau.example"}]}'),
 ('ab-00000000000000000000000000000009', 'note', 'IPM.StickyNote', '{
   "subject": "Lind AB pays by invoice", "color": "blue", "body": {"plain": "Lind AB pays by invoice"}}'),
 ('ab-0000000000000000000000000000000a', 'journal', 'IPM.Activity', '{
   "subject": "Call with Nora Lind", "activity": "Phone call", "start": "2026-02-26T14:00:00Z",
   "end": "2026-02-26T14:20:00Z", "minutes": 20, "body": {"plain": "Wants the hull in June"}}'))
INSERT INTO record (id, kind, record, beside)
 SELECT id, kind, json_patch(json_object('id', id, 'identity', json_array(json_object('by', 'bridge_id', 'key', id)),
  'provenance', json_array(), 'class', class, 'kind', kind), more), '{}' FROM made;
INSERT INTO meeting (id, subject, location, start, "end", body)
 SELECT id, record ->> '$.subject', record ->> '$.location', record ->> '$.start', record ->> '$.end',
  record ->> '$.body.plain' FROM record WHERE id = 'ab-00000000000000000000000000000004';
INSERT INTO task (id, subject, start, due, body)
 SELECT id, record ->> '$.subject', record ->> '$.start', record ->> '$.due', record ->> '$.body.plain'
 FROM record WHERE id = 'ab-00000000000000000000000000000005';
INSERT INTO email (id, subject, from_name, from_email, sent, received, message_id, body)
 SELECT id, record ->> '$.subject', record ->> '$.from.name', record ->> '$.from.email', record ->> '$.sent',
  record ->> '$.received', record ->> '$.message_id', record ->> '$.body.plain'
 FROM record WHERE id IN ('ab-00000000000000000000000000000006', 'ab-00000000000000000000000000000007');

INSERT INTO link SELECT item.id, 'ab-00000000000000000000000000000001', NULL, 'Nora Lind'
 FROM (SELECT id FROM meeting UNION SELECT id FROM task UNION SELECT id FROM email) AS item
 WHERE item.id LIKE 'ab-0000000000000000000000000000000_';
