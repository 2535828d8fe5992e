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
INSERT INTO "audit" VALUES(2,2,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(3,3,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(4,4,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(5,5,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(6,6,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(7,7,'2026-03-01T09:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','1','');
INSERT INTO "audit" VALUES(8,4,'2026-03-01T09:00:00.000000Z','suppress','unapproved',NULL,'suppressed',NULL,'sweep','ada','asked');
INSERT INTO "audit" VALUES(9,2,'2026-03-01T09:00:00.000000Z','approve','unapproved',NULL,'approved',NULL,'approver','ada','');
INSERT INTO "audit" VALUES(10,3,'2026-03-01T09:00:00.000000Z','cancel','unapproved',NULL,'cancelled',NULL,'approver','ada','not this one');
INSERT INTO "audit" VALUES(11,5,'2026-03-01T09:00:00.000000Z','approve','unapproved',NULL,'approved',NULL,'approver','ada','');
INSERT INTO "audit" VALUES(12,6,'2026-03-01T09:00:00.000000Z','approve','unapproved',NULL,'approved',NULL,'approver','ada','');
INSERT INTO "audit" VALUES(13,7,'2026-03-01T09:00:00.000000Z','approve','unapproved',NULL,'approved',NULL,'approver','ada','');
INSERT INTO "audit" VALUES(14,7,'2026-03-01T09:00:00.000000Z','withdraw','approved',NULL,'withdrawn',NULL,'tick','2','left');
INSERT INTO "audit" VALUES(15,8,'2026-03-01T09:00:00.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(16,1,'2026-03-01T09:00:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(17,8,'2026-03-01T09:00:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(18,1,'2026-03-01T09:00:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(19,1,'2026-03-01T09:00:00.000000Z','send','sending','data','sent',NULL,'worker','w','');
INSERT INTO "audit" VALUES(20,8,'2026-03-01T09:00:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(21,8,'2026-03-01T09:00:00.000000Z','doubt','sending','data','uncertain',NULL,'worker','w','no answer');
INSERT INTO "audit" VALUES(22,2,'2026-03-01T09:11:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(23,5,'2026-03-01T09:11:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(24,6,'2026-03-01T09:11:00.000000Z','claim','approved',NULL,'sending','claimed','worker','w','');
INSERT INTO "audit" VALUES(25,2,'2026-03-01T09:11:00.000000Z','mark data','sending','claimed','sending','data','worker','w','');
INSERT INTO "audit" VALUES(26,2,'2026-03-01T09:11:00.000000Z','doubt','sending','data','uncertain',NULL,'worker','w','no answer');
INSERT INTO "audit" VALUES(27,5,'2026-03-01T09:11:00.000000Z','retry','sending','claimed','retrying',NULL,'worker','w','450 busy');
INSERT INTO "audit" VALUES(28,6,'2026-03-01T09:11:00.000000Z','fail','sending','claimed','failed',NULL,'worker','w','554 no');
INSERT INTO "audit" VALUES(29,2,'2026-03-01T09:20:00.000000Z','resend','uncertain',NULL,'retrying',NULL,'sweep','settings','sent again because nobody knows whether it arrived');
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
INSERT INTO "change_log" VALUES(2,1,1,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(3,1,2,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(4,1,3,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(5,1,4,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(6,1,5,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(7,1,6,1,'tagged',1,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(8,1,7,1,'tagged',2,'2026-03-01T09:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(9,1,6,1,'untagged',2,'2026-03-01T09:00:00.000000Z','left');
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
INSERT INTO "last_tick" VALUES(1,2,'2026-03-01T09:00:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',X'FF','[]');
CREATE TABLE ledger (
	tick INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	matched INTEGER NOT NULL, 
	CONSTRAINT pk_ledger PRIMARY KEY (tick, "trigger"), 
	CONSTRAINT fk_ledger_trigger FOREIGN KEY("trigger") REFERENCES triggers (id)
);
INSERT INTO "ledger" VALUES(1,2,7);
INSERT INTO "ledger" VALUES(1,1,2);
INSERT INTO "ledger" VALUES(2,2,1);
CREATE TABLE messages (
	"row" INTEGER NOT NULL, 
	message BLOB NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY ("row"), 
	CONSTRAINT fk_messages_row FOREIGN KEY("row") REFERENCES outbox (id)
);
INSERT INTO "messages" VALUES(1,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F20616E6E0D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(2,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F20626F620D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(3,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F206369640D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(4,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F2064616E0D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(5,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F206576650D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(6,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F206661790D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(7,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F2067696C0D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
INSERT INTO "messages" VALUES(8,X'46726F6D3A20616461406578616D706C652E6F72670D0A0D0A48656C6C6F2068616C0D0A5765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E205765206D69737320796F752E200D0A');
CREATE TABLE meta (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('store_id','2c3e4b03-efd8-4199-8a66-63dfa0d6b055');
INSERT INTO "meta" VALUES('secret','12e5ba490e1a607178a40ee4a014c10bf5bd89558cd07935590fef70e01d99e1');
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
	CONSTRAINT fk_no_email_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT ck_no_email_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_no_email_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT uq_no_email_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge)
);
INSERT INTO "no_email" VALUES(1,1,1,2,1,'tagged',1,'2026-03-01T09:00:00.000000Z','another email of this trigger within 7d');
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
	CONSTRAINT ck_outbox_finished_at_the_end CHECK ((state IN ('cancelled', 'erased', 'expired', 'failed', 'sent', 'suppressed', 'withdrawn')) = (finished_at IS NOT NULL)), 
	CONSTRAINT fk_outbox_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT ck_outbox_episode CHECK (episode >= 1), 
	CONSTRAINT ck_outbox_left_at_when_it_left CHECK (left_at IS NOT NULL OR state NOT IN ('uncertain', 'sent') AND (phase IS NULL OR phase <> 'data')), 
	CONSTRAINT ck_outbox_approved_by_somebody CHECK ((approved_at IS NULL) = (approved_by IS NULL)), 
	CONSTRAINT ck_outbox_state CHECK (state IN ('approved', 'cancelled', 'erased', 'expired', 'failed', 'retrying', 'sending', 'sent', 'suppressed', 'unapproved', 'uncertain', 'withdrawn')), 
	CONSTRAINT ck_outbox_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_outbox_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT ck_outbox_digest CHECK (length(digest) = 64), 
	CONSTRAINT ck_outbox_lease_while_sending CHECK ((state = 'sending') = (lease_until IS NOT NULL)), 
	CONSTRAINT ck_outbox_approved_with_a_time CHECK ((approved_at IS NULL) = (not_before IS NULL)), 
	CONSTRAINT ck_outbox_reason_is_told CHECK (state IN ('unapproved', 'approved', 'sending', 'sent') OR reason IS NOT NULL), 
	CONSTRAINT ck_outbox_phase_while_sending CHECK (phase IS NULL AND state <> 'sending' OR state = 'sending' AND phase IN ('claimed', 'data')), 
	CONSTRAINT ck_outbox_copy CHECK (copy >= 0), 
	CONSTRAINT ck_outbox_worker_while_sending CHECK ((state = 'sending') = (worker IS NOT NULL)), 
	CONSTRAINT uq_outbox_trigger_person_episode_edge_copy UNIQUE ("trigger", person, episode, edge, copy), 
	CONSTRAINT ck_outbox_sent_needs_a_reply CHECK (state <> 'sent' OR reply IS NOT NULL), 
	CONSTRAINT fk_outbox_person FOREIGN KEY(person) REFERENCES people (ordinal), 
	CONSTRAINT ck_outbox_counters CHECK (attempts >= 0 AND token >= 0), 
	CONSTRAINT ck_outbox_nothing_leaves_unapproved CHECK (state NOT IN ('approved', 'sending', 'retrying', 'uncertain', 'sent') OR approved_at IS NOT NULL), 
	CONSTRAINT ck_outbox_uncertain CHECK (uncertain IS NULL OR uncertain IN ('hold', 'idempotent', 'resend')), 
	CONSTRAINT ck_outbox_doubted_at_when_it_left CHECK (doubted_at IS NULL OR left_at IS NOT NULL)
);
INSERT INTO "outbox" VALUES(1,2,1,0,1,'tagged','sent',NULL,'Miss_You','ann@example.com','ann@example.com','Hello','<ann@example.org>','aa65a65e2a1cbdb9b8c09386dbf862a2697d327a5f6fc0b9f51a7a66a9f70590',1,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','auto=true','2026-03-01T09:00:00.000000Z',0,1,NULL,NULL,'250 ok',NULL,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z',0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(2,2,1,1,1,'tagged','retrying',NULL,'Miss_You','bob@example.com','bob@example.com','Hello','<bob@example.org>','ce929cb5d2c468d7b7e5680b37b6c7304b660a183410974479ab8260d4d20d8b',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:20:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','ada','2026-03-01T09:21:00.000000Z',1,2,NULL,NULL,NULL,'sent again because nobody knows whether it arrived',NULL,'2026-03-01T09:11:00.000000Z',0,'Europe/Berlin','resend','2026-03-01T09:11:00.000000Z');
INSERT INTO "outbox" VALUES(3,2,1,2,1,'tagged','cancelled',NULL,'Miss_You','cid@example.com','cid@example.com','Hello','<cid@example.org>','7dae0a9dc6e0fa1c0ea95cee3a9ec8abc422ba1a74ca5f5b9174c738849b1122',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z',NULL,NULL,NULL,0,0,NULL,NULL,NULL,'not this one','2026-03-01T09:00:00.000000Z',NULL,0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(4,2,1,3,1,'tagged','suppressed',NULL,'Miss_You','dan@example.com','dan@example.com','Hello','<dan@example.org>','ef86cd1b9454d21d39d2f9be26ed1b6ccf9be2ea02edfe27d9b01b81d7b92c4c',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z',NULL,NULL,NULL,0,0,NULL,NULL,NULL,'asked','2026-03-01T09:00:00.000000Z',NULL,0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(5,2,1,4,1,'tagged','retrying',NULL,'Miss_You','eve@example.com','eve@example.com','Hello','<eve@example.org>','3a91059830a5a903c88809d7d3e4c9a6138665f29c72f1c8eaec42ac91a82cea',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:11:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','ada','2026-03-01T09:12:00.000000Z',1,2,NULL,NULL,NULL,'450 busy',NULL,NULL,0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(6,2,1,5,1,'tagged','failed',NULL,'Miss_You','fay@example.com','fay@example.com','Hello','<fay@example.org>','ef7f4a40939e7a6ed53b202fe343ae266547651a7bae06dd4a26393f5fedfc9d',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:11:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','ada','2026-03-01T09:10:00.000000Z',0,2,NULL,NULL,NULL,'554 no','2026-03-01T09:11:00.000000Z',NULL,0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(7,2,1,6,1,'tagged','withdrawn',NULL,'Miss_You','gil@example.com','gil@example.com','Hello','<gil@example.org>','41a37a7f2d090d3c7f08500b7974c65518deb0e46a8fd73c448055f9190f515a',0,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',1,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','ada','2026-03-01T09:10:00.000000Z',0,0,NULL,NULL,NULL,'left','2026-03-01T09:00:00.000000Z',NULL,0,'Europe/Berlin',NULL,NULL);
INSERT INTO "outbox" VALUES(8,2,1,7,1,'tagged','uncertain',NULL,'Miss_You','hal@example.com','hal@example.com','Hello','<hal@example.org>','2cf2510edde1657c37a9f00ad27cb33438f742d9b5c850c25afc45d28935c7cf',1,0,'main.rules:1','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr','tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt','{}',2,'2026-03-01T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','2026-03-08T09:00:00.000000Z','2026-03-01T09:00:00.000000Z','auto=true','2026-03-01T09:00:00.000000Z',0,1,NULL,NULL,NULL,'no answer',NULL,'2026-03-01T09:00:00.000000Z',0,NULL,NULL,NULL);
CREATE TABLE people (
	ordinal INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (ordinal), 
	CONSTRAINT ck_people_ordinal CHECK (ordinal >= 0), 
	CONSTRAINT uq_people_key UNIQUE ("key")
);
INSERT INTO "people" VALUES(0,'ann');
INSERT INTO "people" VALUES(1,'bob');
INSERT INTO "people" VALUES(2,'cid');
INSERT INTO "people" VALUES(3,'dan');
INSERT INTO "people" VALUES(4,'eve');
INSERT INTO "people" VALUES(5,'fay');
INSERT INTO "people" VALUES(6,'gil');
INSERT INTO "people" VALUES(7,'hal');
CREATE TABLE personas (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	bits BLOB, 
	members INTEGER NOT NULL, 
	CONSTRAINT pk_personas PRIMARY KEY (id), 
	CONSTRAINT ck_personas_members CHECK (bits IS NOT NULL OR members = 0), 
	CONSTRAINT uq_personas_name UNIQUE (name)
);
INSERT INTO "personas" VALUES(1,'Inactive',X'FD',7);
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
	CONSTRAINT ck_sending_one_line CHECK (id = 1), 
	CONSTRAINT ck_sending_halted_by_somebody CHECK ((halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL)), 
	CONSTRAINT ck_sending_counters CHECK (claims >= 0 AND faults >= 0 AND trips >= 0), 
	CONSTRAINT ck_sending_totals CHECK (attempts >= 0 AND faults_ever >= 0)
);
INSERT INTO "sending" VALUES(1,2,'2026-03-01T09:11:00.000000Z',NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,5,0);
CREATE TABLE "suppressions" (
	address TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	actor_name TEXT NOT NULL, 
	stream INTEGER DEFAULT 0 NOT NULL, 
	last_line INTEGER, 
	CONSTRAINT pk_suppressions PRIMARY KEY (address, stream)
);
INSERT INTO "suppressions" VALUES('dan@example.com','asked','2026-03-01T09:00:00.000000Z','ada',0,7);
INSERT INTO "suppressions" VALUES('ann@example.com','unsubscribed','2026-03-01T09:30:00.000000Z','link',1,13);
CREATE TABLE ticks (
	sequence INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	rules_digest VARCHAR(64) NOT NULL, 
	changes INTEGER NOT NULL, 
	rows INTEGER NOT NULL, 
	CONSTRAINT pk_ticks PRIMARY KEY (sequence)
);
INSERT INTO "ticks" VALUES(1,'2026-03-01T09:00:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',7,7);
INSERT INTO "ticks" VALUES(2,'2026-03-01T09:00:00.000000Z','rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr',2,2);
CREATE TABLE triggers (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	seen_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_triggers PRIMARY KEY (id), 
	CONSTRAINT uq_triggers_name UNIQUE (name)
);
INSERT INTO "triggers" VALUES(1,'Later_On','2026-03-01T09:00:00.000000Z');
INSERT INTO "triggers" VALUES(2,'Miss_You','2026-03-01T09:00:00.000000Z');
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
	CONSTRAINT fk_waiting_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT fk_waiting_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT ck_waiting_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT uq_waiting_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge)
);
INSERT INTO "waiting" VALUES(1,1,1,1,1,'tagged','2026-03-04T09:00:00.000000Z');
CREATE INDEX ix_audit_row ON audit ("row");
CREATE INDEX ix_outbox_person_left_at ON outbox (person, left_at);
CREATE INDEX ix_outbox_trigger_state_copy ON outbox ("trigger", state, copy);
CREATE INDEX ix_outbox_state_not_before ON outbox (state, not_before);
CREATE INDEX ix_outbox_message_id ON outbox (message_id);
CREATE INDEX ix_outbox_address ON outbox (address);
COMMIT;
