BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	transition VARCHAR(32) NOT NULL, 
	source VARCHAR(16), 
	source_phase VARCHAR(16), 
	target VARCHAR(16) NOT NULL, 
	target_phase VARCHAR(16), 
	actor VARCHAR(16) NOT NULL, 
	actor_name TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id), 
	CONSTRAINT fk_audit_row FOREIGN KEY("row") REFERENCES outbox (id)
);
INSERT INTO "audit" VALUES(1,1,'2026-03-01T09:00:00.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(2,1,'2026-03-01T09:00:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(3,1,'2026-03-01T09:00:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(4,1,'2026-03-01T09:00:00.000000Z','send','sending','data','sent',NULL,'worker','w','');
INSERT INTO "audit" VALUES(5,2,'2026-03-01T09:01:00.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(6,2,'2026-03-01T09:01:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(7,2,'2026-03-01T09:01:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(8,2,'2026-03-01T09:01:00.000000Z','doubt','sending','data','uncertain',NULL,'worker','w','silence');
INSERT INTO "audit" VALUES(9,3,'2026-03-01T09:02:00.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(10,3,'2026-03-01T09:02:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(11,3,'2026-03-01T09:02:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(12,3,'2026-03-01T09:02:00.000000Z','retry','sending','data','retrying',NULL,'worker','w','451 not now');
INSERT INTO "audit" VALUES(13,4,'2026-03-01T09:02:01.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(14,4,'2026-03-01T09:02:01.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(15,4,'2026-03-01T09:02:01.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(16,4,'2026-03-01T09:02:01.000000Z','doubt','sending','data','uncertain',NULL,'worker','w','silence');
INSERT INTO "audit" VALUES(17,4,'2026-03-01T09:03:01.000000Z','resend','uncertain',NULL,'retrying',NULL,'sweep','settings','sent again because nobody knows whether it arrived');
INSERT INTO "audit" VALUES(18,5,'2026-03-01T09:03:02.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(19,6,'2026-03-01T09:03:02.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','6','');
INSERT INTO "audit" VALUES(20,7,'2026-03-01T09:03:02.000000Z','make failed',NULL,NULL,'failed',NULL,'tick','7','the person has no address in the field `email`');
INSERT INTO "audit" VALUES(21,8,'2026-03-01T09:03:02.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','8','');
INSERT INTO "audit" VALUES(22,8,'2026-03-01T09:03:02.000000Z','cancel','unapproved',NULL,'cancelled',NULL,'approver','ada','wrong text');
CREATE TABLE baselines (
	persona INTEGER NOT NULL, 
	tick INTEGER NOT NULL, 
	bits BLOB NOT NULL, 
	CONSTRAINT pk_baselines PRIMARY KEY (persona, tick), 
	CONSTRAINT fk_baselines_persona FOREIGN KEY(persona) REFERENCES personas (id)
);
CREATE TABLE change_log (
	id INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	tick INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	reason VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_change_log PRIMARY KEY (id), 
	CONSTRAINT ck_change_log_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT ck_change_log_episode CHECK (episode >= 1), 
	CONSTRAINT fk_change_log_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT fk_change_log_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT uq_change_log_persona_person_edge_episode UNIQUE (persona, person, edge, episode)
);
INSERT INTO "change_log" VALUES(1,1,0,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(2,1,1,1,'tagged',2,'2026-03-01T09:01:00.000000Z','joined');
INSERT INTO "change_log" VALUES(3,1,2,1,'tagged',3,'2026-03-01T09:02:00.000000Z','joined');
INSERT INTO "change_log" VALUES(4,1,3,1,'tagged',4,'2026-03-01T09:02:01.000000Z','joined');
INSERT INTO "change_log" VALUES(5,1,4,1,'tagged',5,'2026-03-01T09:03:02.000000Z','joined');
INSERT INTO "change_log" VALUES(6,1,5,1,'tagged',6,'2026-03-01T09:03:02.000000Z','joined');
INSERT INTO "change_log" VALUES(7,1,6,1,'tagged',7,'2026-03-01T09:03:02.000000Z','joined');
INSERT INTO "change_log" VALUES(8,1,7,1,'tagged',8,'2026-03-01T09:03:02.000000Z','joined');
CREATE TABLE events (
	id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	detail TEXT NOT NULL, 
	source TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT fk_events_row FOREIGN KEY("row") REFERENCES outbox (id), 
	CONSTRAINT uq_events_row_identity UNIQUE ("row", identity)
);
CREATE TABLE last_tick (
	id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	at VARCHAR(27), 
	rules_digest VARCHAR(64) NOT NULL, 
	present BLOB NOT NULL, 
	kinds JSON NOT NULL, 
	CONSTRAINT pk_last_tick PRIMARY KEY (id), 
	CONSTRAINT ck_last_tick_one_line CHECK (id = 1)
);
INSERT INTO "last_tick" VALUES(1,8,'2026-03-01T09:03:02.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',X'FF','[]');
CREATE TABLE ledger (
	tick INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	matched INTEGER NOT NULL, 
	CONSTRAINT pk_ledger PRIMARY KEY (tick, "trigger"), 
	CONSTRAINT fk_ledger_trigger FOREIGN KEY("trigger") REFERENCES triggers (id)
);
INSERT INTO "ledger" VALUES(1,1,1);
INSERT INTO "ledger" VALUES(2,1,1);
INSERT INTO "ledger" VALUES(3,1,1);
INSERT INTO "ledger" VALUES(4,1,1);
INSERT INTO "ledger" VALUES(5,1,1);
INSERT INTO "ledger" VALUES(6,1,1);
INSERT INTO "ledger" VALUES(7,1,1);
INSERT INTO "ledger" VALUES(8,1,1);
CREATE TABLE messages (
	"row" INTEGER NOT NULL, 
	message BLOB NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY ("row"), 
	CONSTRAINT fk_messages_row FOREIGN KEY("row") REFERENCES outbox (id)
);
INSERT INTO "messages" VALUES(1,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A20616E6E406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C616E6E2E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F20616E6E0D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(2,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A20626F62406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C626F622E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F20626F620D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(3,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A206A6F65406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C6A6F652E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F206A6F650D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(4,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A20657665406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C6576652E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F206576650D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(5,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A2068616C406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C68616C2E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F2068616C0D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(6,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A20697679406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C6976792E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F206976790D0A446174653A2074686973206973206E6F206865616465720D0A');
INSERT INTO "messages" VALUES(7,X'');
INSERT INTO "messages" VALUES(8,X'46726F6D3A20416461203C616461406578616D706C652E6F72673E0D0A546F3A206C6565406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F0D0A446174653A2053756E2C203031204D617220323032362030393A30303A3030202B303030300D0A4D6573736167652D49443A203C6C65652E31406578616D706C652E6F72673E0D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A0D0A48656C6C6F206C65650D0A446174653A2074686973206973206E6F206865616465720D0A');
CREATE TABLE meta (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('store_id','461f5877-d71b-4ac0-aaef-72b95705a5c1');
INSERT INTO "meta" VALUES('secret','aea935660db952a90584e5550bf940a84a3edfce31d83404e029f6d38a057f78');
CREATE TABLE "no_email" (
	id INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	tick INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_no_email PRIMARY KEY (id), 
	CONSTRAINT fk_no_email_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT ck_no_email_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_no_email_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT fk_no_email_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT uq_no_email_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge)
);
CREATE TABLE "outbox" (
	id INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	phase VARCHAR(16), 
	template TEXT NOT NULL, 
	recipient TEXT NOT NULL, 
	address TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	auto BOOLEAN NOT NULL, 
	keep BOOLEAN NOT NULL, 
	origin TEXT NOT NULL, 
	rules_digest VARCHAR(64) NOT NULL, 
	template_digest VARCHAR(64) NOT NULL, 
	because JSON NOT NULL, 
	tick INTEGER NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	changed_at VARCHAR(27) NOT NULL, 
	expires_at VARCHAR(27) NOT NULL, 
	approved_at VARCHAR(27), 
	approved_by TEXT, 
	not_before VARCHAR(27), 
	attempts INTEGER NOT NULL, 
	token INTEGER NOT NULL, 
	worker TEXT, 
	lease_until VARCHAR(27), 
	reply TEXT, 
	reason TEXT, 
	finished_at VARCHAR(27), 
	left_at VARCHAR(27), 
	copy INTEGER DEFAULT 0 NOT NULL, 
	zone TEXT, 
	uncertain VARCHAR(16), 
	doubted_at VARCHAR(27), 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT ck_outbox_worker_while_sending CHECK ((state = 'sending') = (worker IS NOT NULL)), 
	CONSTRAINT ck_outbox_episode CHECK (episode >= 1), 
	CONSTRAINT ck_outbox_approved_by_somebody CHECK ((approved_at IS NULL) = (approved_by IS NULL)), 
	CONSTRAINT ck_outbox_finished_at_the_end CHECK ((state IN ('cancelled', 'erased', 'expired', 'failed', 'sent', 'suppressed', 'withdrawn')) = (finished_at IS NOT NULL)), 
	CONSTRAINT fk_outbox_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT uq_outbox_trigger_person_episode_edge_copy UNIQUE ("trigger", person, episode, edge, copy), 
	CONSTRAINT ck_outbox_digest CHECK (length(digest) = 64), 
	CONSTRAINT ck_outbox_approved_with_a_time CHECK ((approved_at IS NULL) = (not_before IS NULL)), 
	CONSTRAINT ck_outbox_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT ck_outbox_reason_is_told CHECK (state IN ('unapproved', 'approved', 'sending', 'sent') OR reason IS NOT NULL), 
	CONSTRAINT ck_outbox_copy CHECK (copy >= 0), 
	CONSTRAINT ck_outbox_phase_while_sending CHECK (phase IS NULL AND state <> 'sending' OR state = 'sending' AND phase IN ('claimed', 'data')), 
	CONSTRAINT fk_outbox_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT ck_outbox_state CHECK (state IN ('approved', 'cancelled', 'erased', 'expired', 'failed', 'retrying', 'sending', 'sent', 'suppressed', 'unapproved', 'uncertain', 'withdrawn')), 
	CONSTRAINT ck_outbox_counters CHECK (attempts >= 0 AND token >= 0), 
	CONSTRAINT ck_outbox_nothing_leaves_unapproved CHECK (state NOT IN ('approved', 'sending', 'retrying', 'uncertain', 'sent') OR approved_at IS NOT NULL), 
	CONSTRAINT ck_outbox_sent_needs_a_reply CHECK (state <> 'sent' OR reply IS NOT NULL), 
	CONSTRAINT ck_outbox_left_at_when_it_left CHECK (left_at IS NOT NULL OR state NOT IN ('uncertain', 'sent') AND (phase IS NULL OR phase <> 'data')), 
	CONSTRAINT ck_outbox_lease_while_sending CHECK ((state = 'sending') = (lease_until IS NOT NULL)), 
	CONSTRAINT ck_outbox_uncertain CHECK (uncertain IS NULL OR uncertain IN ('hold', 'idempotent', 'resend')), 
	CONSTRAINT ck_outbox_doubted_at_when_it_left CHECK (doubted_at IS NULL OR left_at IS NOT NULL)
);
INSERT INTO "outbox" VALUES(1,1,1,0,1,'tagged','sent',NULL,'Miss_You','ann@example.com','ann@example.com','Hello','<ann.1@example.org>','cd53df0881a2c084ac422e276188ccc3956b9340d1494ae0b6f6ebd6ab82a01b',1,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','auto=true','2026-03-01T09:00:00.000000Z',0,1,NULL,NULL,'250 ok',NULL,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z',0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(2,1,1,1,1,'tagged','uncertain',NULL,'Miss_You','bob@example.com','bob@example.com','Hello','<bob.1@example.org>','36fba61abf12fd8a009f275dcc291dab338912b4155a74ffb1df6fd8249330d7',1,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',2,'2026-03-01T09:01:00.000000Z','2026-03-01T09:01:00.000000Z','2026-03-08T09:01:00.000000Z','2026-03-01T09:01:00.000000Z','auto=true','2026-03-01T09:01:00.000000Z',0,2,NULL,NULL,NULL,'silence',NULL,'2026-03-01T09:01:00.000000Z',0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(3,1,1,2,1,'tagged','retrying',NULL,'Miss_You','joe@example.com','joe@example.com','Hello','<joe.1@example.org>','199bbc87a2f928b11a16254b72413f07dfa5bcf6e451f281710caa7501eb6918',1,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',3,'2026-03-01T09:02:00.000000Z','2026-03-01T09:02:00.000000Z','2026-03-08T09:02:00.000000Z','2026-03-01T09:02:00.000000Z','auto=true','2026-03-01T09:03:00.000000Z',1,3,NULL,NULL,NULL,'451 not now',NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(4,1,1,3,1,'tagged','retrying',NULL,'Miss_You','eve@example.com','eve@example.com','Hello','<eve.1@example.org>','538f9b2a14fdcf6efc89653d5d568994d632e2e91441c5746c8bccc555fb1d3c',1,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',4,'2026-03-01T09:02:01.000000Z','2026-03-01T09:03:01.000000Z','2026-03-08T09:02:01.000000Z','2026-03-01T09:02:01.000000Z','auto=true','2026-03-01T09:04:01.000000Z',1,4,NULL,NULL,NULL,'sent again because nobody knows whether it arrived',NULL,'2026-03-01T09:02:01.000000Z',0,NULL,'resend','2026-03-01T09:02:01.000000Z');
INSERT INTO "outbox" VALUES(5,1,1,4,1,'tagged','approved',NULL,'Miss_You','hal@example.com','hal@example.com','Hello','<hal.1@example.org>','61597781f915030aa664d9cf2e7631baef0d49ee20cb70d1762736bf485de073',1,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',5,'2026-03-01T09:03:02.000000Z','2026-03-01T09:03:02.000000Z','2026-03-08T09:03:02.000000Z','2026-03-01T09:03:02.000000Z','auto=true','2026-03-01T09:03:02.000000Z',0,0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(6,1,1,5,1,'tagged','unapproved',NULL,'Miss_You','ivy@example.com','ivy@example.com','Hello','<ivy.1@example.org>','058e890b94dbe3f835436a6073470982647afbcd7dbd833e56b1bcebfa9b1382',0,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',6,'2026-03-01T09:03:02.000000Z','2026-03-01T09:03:02.000000Z','2026-03-08T09:03:02.000000Z',NULL,NULL,NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(7,1,1,6,1,'tagged','failed',NULL,'Miss_You','','','','<kim.1@example.org>','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',7,'2026-03-01T09:03:02.000000Z','2026-03-01T09:03:02.000000Z','2026-03-08T09:03:02.000000Z',NULL,NULL,NULL,0,0,NULL,NULL,NULL,'the person has no address in the field `email`','2026-03-01T09:03:02.000000Z',NULL,0,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(8,1,1,7,1,'tagged','cancelled',NULL,'Miss_You','lee@example.com','lee@example.com','Hello','<lee.1@example.org>','10a3ea266c0a002222f7ec27663e68692475d0d1a3b4c760e2b42a83f79dc0e7',0,0,'rules/main.rules:12','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{"last_login": "2026-01-01"}',8,'2026-03-01T09:03:02.000000Z','2026-03-01T09:03:02.000000Z','2026-03-08T09:03:02.000000Z',NULL,NULL,NULL,0,0,NULL,NULL,NULL,'wrong text','2026-03-01T09:03:02.000000Z',NULL,0,NULL,NULL,NULL);
CREATE TABLE people (
	ordinal INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (ordinal), 
	CONSTRAINT ck_people_ordinal CHECK (ordinal >= 0), 
	CONSTRAINT uq_people_key UNIQUE ("key")
);
INSERT INTO "people" VALUES(0,'ann');
INSERT INTO "people" VALUES(1,'bob');
INSERT INTO "people" VALUES(2,'joe');
INSERT INTO "people" VALUES(3,'eve');
INSERT INTO "people" VALUES(4,'hal');
INSERT INTO "people" VALUES(5,'ivy');
INSERT INTO "people" VALUES(6,'kim');
INSERT INTO "people" VALUES(7,'lee');
CREATE TABLE personas (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	bits BLOB, 
	members INTEGER NOT NULL, 
	CONSTRAINT pk_personas PRIMARY KEY (id), 
	CONSTRAINT ck_personas_members CHECK (bits IS NOT NULL OR members = 0), 
	CONSTRAINT uq_personas_name UNIQUE (name)
);
INSERT INTO "personas" VALUES(1,'Inactive',X'FF',8);
CREATE TABLE "sending" (
	id INTEGER NOT NULL, 
	claims INTEGER NOT NULL, 
	clock_at VARCHAR(27), 
	next_at VARCHAR(27), 
	faults INTEGER NOT NULL, 
	trips INTEGER NOT NULL, 
	open_until VARCHAR(27), 
	fault TEXT, 
	halted_at VARCHAR(27), 
	halted_by TEXT, 
	halt_reason TEXT, 
	place TEXT, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	faults_ever INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_sending PRIMARY KEY (id), 
	CONSTRAINT ck_sending_counters CHECK (claims >= 0 AND faults >= 0 AND trips >= 0), 
	CONSTRAINT ck_sending_halted_by_somebody CHECK ((halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL)), 
	CONSTRAINT ck_sending_one_line CHECK (id = 1), 
	CONSTRAINT ck_sending_totals CHECK (attempts >= 0 AND faults_ever >= 0)
);
INSERT INTO "sending" VALUES(1,4,'2026-03-01T09:02:01.000000Z',NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,4,0);
CREATE TABLE "suppressions" (
	address TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	actor_name TEXT NOT NULL, 
	stream INTEGER DEFAULT 0 NOT NULL, 
	last_line INTEGER, 
	CONSTRAINT pk_suppressions PRIMARY KEY (address, stream)
);
CREATE TABLE ticks (
	sequence INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	rules_digest VARCHAR(64) NOT NULL, 
	changes INTEGER NOT NULL, 
	rows INTEGER NOT NULL, 
	CONSTRAINT pk_ticks PRIMARY KEY (sequence)
);
INSERT INTO "ticks" VALUES(1,'2026-03-01T09:00:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(2,'2026-03-01T09:01:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(3,'2026-03-01T09:02:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(4,'2026-03-01T09:02:01.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(5,'2026-03-01T09:03:02.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(6,'2026-03-01T09:03:02.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(7,'2026-03-01T09:03:02.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
INSERT INTO "ticks" VALUES(8,'2026-03-01T09:03:02.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',1,1);
CREATE TABLE triggers (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	seen_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_triggers PRIMARY KEY (id), 
	CONSTRAINT uq_triggers_name UNIQUE (name)
);
INSERT INTO "triggers" VALUES(1,'Miss_You','2026-03-01T09:00:00.000000Z');
CREATE TABLE "waiting" (
	id INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	due VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_waiting PRIMARY KEY (id), 
	CONSTRAINT fk_waiting_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT ck_waiting_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_waiting_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT fk_waiting_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT uq_waiting_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge)
);
CREATE INDEX ix_audit_row ON audit ("row");
CREATE INDEX ix_outbox_address ON outbox (address);
CREATE INDEX ix_outbox_message_id ON outbox (message_id);
CREATE INDEX ix_outbox_trigger_state_copy ON outbox ("trigger", state, copy);
CREATE INDEX ix_outbox_person_left_at ON outbox (person, left_at);
CREATE INDEX ix_outbox_state_not_before ON outbox (state, not_before);
COMMIT;
