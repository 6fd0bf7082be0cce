-- What BigContacts' users did meanwhile: a company and a contact of it, a meeting and a task with her. For the replica of the
-- CRM side: `sqlite3 crm/ledger.sqlite < samples/crm.sql`, then `airbridge crm export`.
INSERT INTO contact (id, display_name, company, is_company)
 VALUES ('ab-00000000000000000000000000000000', 'Lind AB', 'Lind AB', 1);
INSERT INTO contact
 (id, display_name, first_name, last_name, company, job_title, assigned_to) VALUES
 ('ab-00000000000000000000000000000001', 'Nora Lind', 'Nora', 'Lind', 'Lind AB', 'Buyer', '7');
INSERT INTO contact_email VALUES
 ('ab-00000000000000000000000000000001', 1, 'nora@lind.example', 'Nora Lind');
INSERT INTO meeting (id, subject, location, start, "end", body)
 VALUES ('ab-00000000000000000000000000000002', 'Visit of Lind AB', 'Yard',
         '2026-03-01T09:00:00Z', '2026-03-01T10:00:00Z', 'Show the slip');
INSERT INTO task (id, subject, due, status, body) VALUES
 ('ab-00000000000000000000000000000003', 'Send offer', '2026-03-05', 'not_started', 'by mail');
INSERT INTO link SELECT item.id, 'ab-00000000000000000000000000000001', NULL, 'Nora Lind'
 FROM (SELECT id FROM meeting UNION SELECT id FROM task) AS item
 WHERE item.id LIKE 'ab-0000000000000000000000000000000_';
