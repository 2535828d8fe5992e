BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0008');
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
INSERT INTO "audit" VALUES(1,1,'2026-01-02T08:00:00.000000Z','make approved',NULL,NULL,'approved',NULL,'tick','auto=true','auto=true');
INSERT INTO "audit" VALUES(2,2,'2026-01-02T08:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','2','');
INSERT INTO "audit" VALUES(3,3,'2026-01-02T08:00:00.000000Z','make',NULL,NULL,'unapproved',NULL,'tick','2','');
INSERT INTO "audit" VALUES(4,1,'2026-01-02T08:00:00.000000Z','claim','approved',NULL,'sending','claimed','worker','host:1:MainThread','');
INSERT INTO "audit" VALUES(5,1,'2026-01-02T08:00:00.000000Z','mark data','sending','claimed','sending','data','worker','host:1:MainThread','');
INSERT INTO "audit" VALUES(6,1,'2026-01-02T08:00:00.000000Z','send','sending','data','sent',NULL,'worker','host:1:MainThread','');
CREATE TABLE baselines (
	persona INTEGER NOT NULL, 
	tick INTEGER NOT NULL, 
	bits BLOB NOT NULL, 
	CONSTRAINT pk_baselines PRIMARY KEY (persona, tick), 
	CONSTRAINT fk_baselines_persona FOREIGN KEY(persona) REFERENCES personas (id)
);
INSERT INTO "baselines" VALUES(1,1,X'9A');
INSERT INTO "baselines" VALUES(2,1,X'1E');
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
	CONSTRAINT uq_change_log_persona_person_edge_episode UNIQUE (persona, person, edge, episode), 
	CONSTRAINT ck_change_log_episode CHECK (episode >= 1), 
	CONSTRAINT ck_change_log_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_change_log_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT fk_change_log_person FOREIGN KEY(person) REFERENCES people (ordinal)
);
INSERT INTO "change_log" VALUES(1,1,1,1,'tagged',2,'2026-01-02T08:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(2,1,2,1,'tagged',2,'2026-01-02T08:00:00.000000Z','joined');
INSERT INTO "change_log" VALUES(3,1,3,1,'untagged',2,'2026-01-02T08:00:00.000000Z','left');
INSERT INTO "change_log" VALUES(4,1,4,1,'untagged',2,'2026-01-02T08:00:00.000000Z','gone');
INSERT INTO "change_log" VALUES(5,2,4,1,'untagged',2,'2026-01-02T08:00:00.000000Z','gone');
CREATE TABLE events (
	id INTEGER NOT NULL, 
	"row" INTEGER NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	detail TEXT NOT NULL, 
	source TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT uq_events_row_identity UNIQUE ("row", identity), 
	CONSTRAINT fk_events_row FOREIGN KEY("row") REFERENCES outbox (id)
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
INSERT INTO "last_tick" VALUES(1,2,'2026-01-02T08:00:00.000000Z','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02',X'F6','["export", "login"]');
CREATE TABLE ledger (
	tick INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	matched INTEGER NOT NULL, 
	CONSTRAINT pk_ledger PRIMARY KEY (tick, "trigger"), 
	CONSTRAINT fk_ledger_trigger FOREIGN KEY("trigger") REFERENCES triggers (id)
);
INSERT INTO "ledger" VALUES(2,1,1);
INSERT INTO "ledger" VALUES(2,3,2);
INSERT INTO "ledger" VALUES(2,4,2);
CREATE TABLE messages (
	"row" INTEGER NOT NULL, 
	message BLOB NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY ("row"), 
	CONSTRAINT fk_messages_row FOREIGN KEY("row") REFERENCES outbox (id)
);
INSERT INTO "messages" VALUES(1,X'46726F6D3A20416461206174204578616D706C65203C616461406578616D706C652E636F6D3E0D0A546F3A2064616E406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F2C206672656520757365720D0A4D6573736167652D49443A203C6534623935396662643632393661643236386532663265393332386139663665406578616D706C652E636F6D3E0D0A4175746F2D5375626D69747465643A206175746F2D67656E6572617465640D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A436F6E74656E742D5472616E736665722D456E636F64696E673A2071756F7465642D7072696E7461626C650D0A0D0A446561722064616E406578616D706C652E636F6D2C20796F7520617265206F6E20667265652E0D0A');
INSERT INTO "messages" VALUES(2,X'46726F6D3A20416461206174204578616D706C65203C616461406578616D706C652E636F6D3E0D0A546F3A20626F62406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F2C2070726F20757365720D0A4D6573736167652D49443A203C3562306436373334363463653030356261613736333565313665643230633335406578616D706C652E636F6D3E0D0A4175746F2D5375626D69747465643A206175746F2D67656E6572617465640D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A436F6E74656E742D5472616E736665722D456E636F64696E673A2071756F7465642D7072696E7461626C650D0A0D0A4465617220626F62406578616D706C652E636F6D2C20796F7520617265206F6E2070726F2E0D0A');
INSERT INTO "messages" VALUES(3,X'46726F6D3A20416461206174204578616D706C65203C616461406578616D706C652E636F6D3E0D0A546F3A20636C656F406578616D706C652E636F6D0D0A5375626A6563743A2048656C6C6F2C2070726F20757365720D0A4D6573736167652D49443A203C3166653136323161353663393234316434653535393734643163316539306339406578616D706C652E636F6D3E0D0A4175746F2D5375626D69747465643A206175746F2D67656E6572617465640D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D227574662D38220D0A436F6E74656E742D5472616E736665722D456E636F64696E673A2071756F7465642D7072696E7461626C650D0A0D0A4465617220636C656F406578616D706C652E636F6D2C20796F7520617265206F6E2070726F2E0D0A');
CREATE TABLE meta (
	name VARCHAR(64) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('store_id','145f1dc7-f417-4d98-aade-28e5a1ffa9f3');
INSERT INTO "meta" VALUES('secret','151c2ac658fad483eeabca553993e643832f893c92fdef2a735937babe49a1ac');
CREATE TABLE no_email (
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
	CONSTRAINT uq_no_email_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge), 
	CONSTRAINT ck_no_email_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_no_email_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT fk_no_email_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT fk_no_email_person FOREIGN KEY(person) REFERENCES people (ordinal)
);
CREATE TABLE outbox (
	id INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	copy INTEGER DEFAULT 0 NOT NULL, 
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
	zone TEXT, 
	uncertain VARCHAR(16), 
	approved_at VARCHAR(27), 
	approved_by TEXT, 
	not_before VARCHAR(27), 
	attempts INTEGER NOT NULL, 
	token INTEGER NOT NULL, 
	worker TEXT, 
	lease_until VARCHAR(27), 
	left_at VARCHAR(27), 
	doubted_at VARCHAR(27), 
	dated_at VARCHAR(27), 
	reply TEXT, 
	reason TEXT, 
	finished_at VARCHAR(27), 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_trigger_person_episode_edge_copy UNIQUE ("trigger", person, episode, edge, copy), 
	CONSTRAINT ck_outbox_episode CHECK (episode >= 1), 
	CONSTRAINT ck_outbox_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT ck_outbox_state CHECK (state IN ('approved', 'cancelled', 'erased', 'expired', 'failed', 'retrying', 'sending', 'sent', 'suppressed', 'unapproved', 'uncertain', 'withdrawn')), 
	CONSTRAINT ck_outbox_phase_while_sending CHECK (phase IS NULL AND state <> 'sending' OR state = 'sending' AND phase IN ('claimed', 'data')), 
	CONSTRAINT ck_outbox_worker_while_sending CHECK ((state = 'sending') = (worker IS NOT NULL)), 
	CONSTRAINT ck_outbox_lease_while_sending CHECK ((state = 'sending') = (lease_until IS NOT NULL)), 
	CONSTRAINT ck_outbox_finished_at_the_end CHECK ((state IN ('cancelled', 'erased', 'expired', 'failed', 'sent', 'suppressed', 'withdrawn')) = (finished_at IS NOT NULL)), 
	CONSTRAINT ck_outbox_sent_needs_a_reply CHECK (state <> 'sent' OR reply IS NOT NULL), 
	CONSTRAINT ck_outbox_nothing_leaves_unapproved CHECK (state NOT IN ('approved', 'sending', 'retrying', 'uncertain', 'sent') OR approved_at IS NOT NULL), 
	CONSTRAINT ck_outbox_approved_by_somebody CHECK ((approved_at IS NULL) = (approved_by IS NULL)), 
	CONSTRAINT ck_outbox_approved_with_a_time CHECK ((approved_at IS NULL) = (not_before IS NULL)), 
	CONSTRAINT ck_outbox_reason_is_told CHECK (state IN ('unapproved', 'approved', 'sending', 'sent') OR reason IS NOT NULL), 
	CONSTRAINT ck_outbox_counters CHECK (attempts >= 0 AND token >= 0), 
	CONSTRAINT ck_outbox_copy CHECK (copy >= 0), 
	CONSTRAINT ck_outbox_digest CHECK (length(digest) = 64), 
	CONSTRAINT ck_outbox_left_at_when_it_left CHECK (left_at IS NOT NULL OR state NOT IN ('uncertain', 'sent') AND (phase IS NULL OR phase <> 'data')), 
	CONSTRAINT ck_outbox_uncertain CHECK (uncertain IS NULL OR uncertain IN ('hold', 'idempotent', 'resend')), 
	CONSTRAINT ck_outbox_doubted_at_when_it_left CHECK (doubted_at IS NULL OR left_at IS NOT NULL), 
	CONSTRAINT fk_outbox_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT fk_outbox_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT fk_outbox_person FOREIGN KEY(person) REFERENCES people (ordinal)
);
INSERT INTO "outbox" VALUES(1,1,1,3,1,'untagged',0,'sent',NULL,'Hello','dan@example.com','dan@example.com','Hello, free user','<e4b959fbd6296ad268e2f2e9328a9f6e@example.com>','5bdca2e4c6f11edf3044443d1c98b4247d96d5ddb44b25ec241029be6c80ad25',1,0,'main.rules:19','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02','0ac7175fd31b8b45acdf23a7f6a0ce7dd23fe1cb61834c6e716e8c274c630bb9','{"plan": "\"free\""}',2,'2026-01-02T08:00:00.000000Z','2026-01-02T08:00:00.000000Z','2026-01-09T08:00:00.000000Z',NULL,NULL,'2026-01-02T08:00:00.000000Z','auto=true','2026-01-02T08:00:00.000000Z',0,1,NULL,NULL,'2026-01-02T08:00:00.000000Z',NULL,'2026-01-02T08:00:00.000000Z','written to outbox/e4b959fbd6296ad268e2f2e9328a9f6e@example.com.eml',NULL,'2026-01-02T08:00:00.000000Z');
INSERT INTO "outbox" VALUES(2,3,1,1,1,'tagged',0,'unapproved',NULL,'Hello','bob@example.com','bob@example.com','Hello, pro user','<5b0d673464ce005baa7635e16ed20c35@example.com>','3aa6dc22922a5f9f72c49e5da9d8c083cbcccdba0ad2fd3c6847bd07cd300f35',0,0,'main.rules:18','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02','0ac7175fd31b8b45acdf23a7f6a0ce7dd23fe1cb61834c6e716e8c274c630bb9','{"plan": "\"pro\""}',2,'2026-01-02T08:00:00.000000Z','2026-01-02T08:00:00.000000Z','2026-01-09T08:00:00.000000Z',NULL,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES(3,3,1,2,1,'tagged',0,'unapproved',NULL,'Hello','cleo@example.com','cleo@example.com','Hello, pro user','<1fe1621a56c9241d4e55974d1c1e90c9@example.com>','ff887d2cd09d612f9cb4811ee34c9b39336116d2844b18f083c900d7f2bafed0',0,0,'main.rules:18','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02','0ac7175fd31b8b45acdf23a7f6a0ce7dd23fe1cb61834c6e716e8c274c630bb9','{"plan": "\"pro\""}',2,'2026-01-02T08:00:00.000000Z','2026-01-02T08:00:00.000000Z','2026-01-09T08:00:00.000000Z',NULL,NULL,NULL,NULL,NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE people (
	ordinal INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (ordinal), 
	CONSTRAINT ck_people_ordinal CHECK (ordinal >= 0), 
	CONSTRAINT uq_people_key UNIQUE ("key")
);
INSERT INTO "people" VALUES(0,'ada');
INSERT INTO "people" VALUES(1,'bob');
INSERT INTO "people" VALUES(2,'cleo');
INSERT INTO "people" VALUES(3,'dan');
INSERT INTO "people" VALUES(4,'eve');
INSERT INTO "people" VALUES(5,'fay');
INSERT INTO "people" VALUES(6,'gus');
CREATE TABLE personas (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	bits BLOB, 
	members INTEGER NOT NULL, 
	CONSTRAINT pk_personas PRIMARY KEY (id), 
	CONSTRAINT ck_personas_members CHECK (bits IS NOT NULL OR members = 0), 
	CONSTRAINT uq_personas_name UNIQUE (name)
);
INSERT INTO "personas" VALUES(1,'Pro',X'E2',4);
INSERT INTO "personas" VALUES(2,'Quiet',X'16',3);
CREATE TABLE sending (
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
	next_mark_at VARCHAR(27), 
	refusals INTEGER DEFAULT 0 NOT NULL, 
	refusal TEXT, 
	fault_text TEXT, 
	halt_text TEXT, 
	CONSTRAINT pk_sending PRIMARY KEY (id), 
	CONSTRAINT ck_sending_one_line CHECK (id = 1), 
	CONSTRAINT ck_sending_counters CHECK (claims >= 0 AND faults >= 0 AND trips >= 0), 
	CONSTRAINT ck_sending_totals CHECK (attempts >= 0 AND faults_ever >= 0), 
	CONSTRAINT ck_sending_refusals CHECK (refusals >= 0), 
	CONSTRAINT ck_sending_halted_by_somebody CHECK ((halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL))
);
INSERT INTO "sending" VALUES(1,1,'2026-01-02T08:00:00.000000Z',NULL,0,0,NULL,NULL,NULL,NULL,NULL,NULL,1,0,NULL,0,NULL,NULL,NULL);
CREATE TABLE suppressed_people (
	address TEXT NOT NULL, 
	stream INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	last_line INTEGER, 
	CONSTRAINT pk_suppressed_people PRIMARY KEY (address, stream, person), 
	CONSTRAINT fk_suppressed_people_address_stream FOREIGN KEY(address, stream) REFERENCES suppressions (address, stream), 
	CONSTRAINT fk_suppressed_people_person FOREIGN KEY(person) REFERENCES people (ordinal)
);
CREATE TABLE suppressions (
	address TEXT NOT NULL, 
	stream INTEGER DEFAULT 0 NOT NULL, 
	reason TEXT NOT NULL, 
	at VARCHAR(27) NOT NULL, 
	actor_name TEXT NOT NULL, 
	last_line INTEGER, 
	asked BOOLEAN DEFAULT 0 NOT NULL, 
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
INSERT INTO "ticks" VALUES(1,'2026-01-01T08:00:00.000000Z','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02',0,0);
INSERT INTO "ticks" VALUES(2,'2026-01-02T08:00:00.000000Z','a886a74d922eb8b9deec5abdc74e7bae9becc73179297c16f66c462509e3fa02',5,3);
CREATE TABLE triggers (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	seen_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_triggers PRIMARY KEY (id), 
	CONSTRAINT uq_triggers_name UNIQUE (name)
);
INSERT INTO "triggers" VALUES(1,'Bye','2026-01-01T08:00:00.000000Z');
INSERT INTO "triggers" VALUES(2,'Call','2026-01-01T08:00:00.000000Z');
INSERT INTO "triggers" VALUES(3,'Greet','2026-01-01T08:00:00.000000Z');
INSERT INTO "triggers" VALUES(4,'Slow','2026-01-01T08:00:00.000000Z');
CREATE TABLE waiting (
	id INTEGER NOT NULL, 
	"trigger" INTEGER NOT NULL, 
	persona INTEGER NOT NULL, 
	person INTEGER NOT NULL, 
	episode INTEGER NOT NULL, 
	edge VARCHAR(8) NOT NULL, 
	due VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_waiting PRIMARY KEY (id), 
	CONSTRAINT uq_waiting_trigger_persona_person_episode_edge UNIQUE ("trigger", persona, person, episode, edge), 
	CONSTRAINT ck_waiting_edge CHECK (edge IN ('tagged', 'untagged')), 
	CONSTRAINT fk_waiting_trigger FOREIGN KEY("trigger") REFERENCES triggers (id), 
	CONSTRAINT fk_waiting_persona FOREIGN KEY(persona) REFERENCES personas (id), 
	CONSTRAINT fk_waiting_person FOREIGN KEY(person) REFERENCES people (ordinal)
);
INSERT INTO "waiting" VALUES(1,4,1,1,1,'tagged','2026-01-07T08:00:00.000000Z');
INSERT INTO "waiting" VALUES(2,4,1,2,1,'tagged','2026-01-07T08:00:00.000000Z');
CREATE INDEX ix_outbox_message_id ON outbox (message_id);
CREATE INDEX ix_outbox_trigger_state_copy ON outbox ("trigger", state, copy);
CREATE INDEX ix_outbox_address_left_at ON outbox (address, left_at);
CREATE INDEX ix_outbox_state_not_before ON outbox (state, not_before);
CREATE INDEX ix_outbox_person_left_at ON outbox (person, left_at);
CREATE INDEX ix_suppressed_people_person_stream ON suppressed_people (person, stream);
CREATE INDEX ix_audit_row ON audit ("row");
COMMIT;
