#include "store/migrations.h"

#include "store/meta.h"

/*
 * Conventions. Ids are references (op/id.h): the leaf that made a row is in its
 * id. `ended` is the number of the leaf that ended it, 0 while it lives; rows
 * that enforce something are ended, not deleted. Times are ms since 1970.
 * Indexes of live rows are partial, so that what has ended costs nothing.
 */
static const char *const step_1[] = {
    "CREATE TABLE meta ("
    "  key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",

    /* The log. No index stands beside it: those are derived elsewhere. */
    "CREATE TABLE leaf ("
    "  sequence INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    /* By subject first: erasing a person is one range. */
    "CREATE TABLE opening ("
    "  subject BIGINT NOT NULL, sequence BIGINT NOT NULL,"
    "  slot BIGINT NOT NULL, salt BLOB NOT NULL, text BLOB NOT NULL,"
    "  length BIGINT NOT NULL, digest BLOB NOT NULL,"
    "  PRIMARY KEY (subject, sequence, slot)) WITHOUT ROWID",

    "CREATE TABLE principal ("
    "  id INTEGER PRIMARY KEY, kind BIGINT NOT NULL, name TEXT NOT NULL,"
    "  space BIGINT NOT NULL, home BIGINT NOT NULL, trash BIGINT NOT NULL,"
    "  created BIGINT NOT NULL, files BIGINT NOT NULL,"
    "  used BIGINT NOT NULL, ended BIGINT NOT NULL,"
    "  erased BIGINT NOT NULL)",
    "CREATE TABLE credential ("
    "  id INTEGER PRIMARY KEY, principal BIGINT NOT NULL,"
    "  kind BIGINT NOT NULL, label TEXT NOT NULL,"
    "  families BIGINT NOT NULL, read_only BIGINT NOT NULL,"
    "  folder BIGINT NOT NULL, created BIGINT NOT NULL,"
    "  expires BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX credential_principal ON credential (principal)",
    "CREATE INDEX credential_live ON credential (principal, expires)"
    "  WHERE ended = 0",
    "CREATE TABLE session ("
    "  id INTEGER PRIMARY KEY, principal BIGINT NOT NULL,"
    "  credential BIGINT NOT NULL, verifier BLOB NOT NULL,"
    "  expires BIGINT NOT NULL, ended BIGINT NOT NULL)",
    /* Ended ones too: the record says whose a secret was. */
    "CREATE UNIQUE INDEX session_verifier ON session (verifier)",
    "CREATE INDEX session_credential ON session (credential)"
    "  WHERE ended = 0",
    "CREATE INDEX session_principal ON session (principal)"
    "  WHERE ended = 0",

    /* Relation tuples: subject has relation to object. */
    "CREATE TABLE tuple ("
    "  id INTEGER PRIMARY KEY, object_kind BIGINT NOT NULL,"
    "  object BIGINT NOT NULL, relation BIGINT NOT NULL,"
    "  subject_kind BIGINT NOT NULL, subject BIGINT NOT NULL,"
    "  subject_relation BIGINT NOT NULL, expires BIGINT NOT NULL,"
    "  created BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX tuple_object ON tuple (object, subject, relation)"
    "  WHERE ended = 0",
    "CREATE INDEX tuple_subject ON tuple (subject, object)"
    "  WHERE ended = 0",

    /*
     * Folders and files. The live parent edge stands in the row (parent, and
     * edge, its id); those that ended stand in `edge`.
     */
    "CREATE TABLE node ("
    "  id INTEGER PRIMARY KEY, kind BIGINT NOT NULL,"
    "  role BIGINT NOT NULL, parent BIGINT NOT NULL, edge BIGINT NOT NULL,"
    "  name TEXT NOT NULL, key BLOB NOT NULL, named BIGINT NOT NULL,"
    "  space BIGINT NOT NULL,"
    "  version BIGINT NOT NULL, size BIGINT NOT NULL, type TEXT NOT NULL,"
    "  created BIGINT NOT NULL, modified BIGINT NOT NULL,"
    "  changed BIGINT NOT NULL, was_parent BIGINT NOT NULL,"
    "  was_name TEXT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX node_place ON node (parent, key) WHERE ended = 0",
    /* What changed in a space, leaf by leaf: the feed of its changes. */
    "CREATE TABLE change ("
    "  space BIGINT NOT NULL, sequence BIGINT NOT NULL,"
    "  node BIGINT NOT NULL, kind BIGINT NOT NULL, what BIGINT NOT NULL,"
    "  PRIMARY KEY (space, sequence, node)) WITHOUT ROWID",
    "CREATE TABLE edge ("
    "  id INTEGER PRIMARY KEY, child BIGINT NOT NULL,"
    "  parent BIGINT NOT NULL, ended BIGINT NOT NULL)",

    /* Bytes: up to 32 KiB in `content`, else `blob` names a file. */
    "CREATE TABLE version ("
    "  id INTEGER PRIMARY KEY, node BIGINT NOT NULL,"
    "  principal BIGINT NOT NULL, size BIGINT NOT NULL,"
    "  type TEXT NOT NULL, digest BLOB NOT NULL,"
    "  created BIGINT NOT NULL, modified BIGINT NOT NULL,"
    "  blob BIGINT NOT NULL, ended BIGINT NOT NULL, content BLOB)",
    "CREATE INDEX version_node ON version (node)",
    "CREATE INDEX version_blob ON version (blob)"
    "  WHERE ended = 0 AND blob <> 0",
    "CREATE TABLE blob ("
    "  id INTEGER PRIMARY KEY, space BIGINT NOT NULL,"
    "  size BIGINT NOT NULL, digest BLOB NOT NULL, place BLOB NOT NULL,"
    "  sums BLOB NOT NULL, marked BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX blob_digest ON blob (space, digest) WHERE ended = 0",
    "CREATE INDEX blob_place ON blob (place) WHERE ended = 0",
    "CREATE INDEX blob_marked ON blob (marked)"
    "  WHERE ended = 0 AND marked <> 0",
    "CREATE TABLE upload ("
    "  id INTEGER PRIMARY KEY, principal BIGINT NOT NULL,"
    "  blob BIGINT NOT NULL, type TEXT NOT NULL,"
    "  expires BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX upload_expires ON upload (expires) WHERE ended = 0",
    "CREATE INDEX upload_blob ON upload (blob)"
    "  WHERE ended = 0 AND blob <> 0",
    /* What waits for its bytes to go: a purged node, until a time. */
    "CREATE TABLE purge ("
    "  id INTEGER PRIMARY KEY, due BIGINT NOT NULL)",
    "CREATE INDEX purge_due ON purge (due)",

    /* Streams that are open; one that ends is deleted. */
    "CREATE TABLE stream ("
    "  id INTEGER PRIMARY KEY, op BIGINT NOT NULL,"
    "  principal BIGINT NOT NULL, session BIGINT NOT NULL,"
    "  credential BIGINT NOT NULL, context BIGINT NOT NULL,"
    "  object_kind BIGINT NOT NULL, object BIGINT NOT NULL,"
    "  named BIGINT NOT NULL, upload BIGINT NOT NULL,"
    "  place BIGINT NOT NULL)",
    /* Repeats. `made` is what the first one told, without secrets. */
    "CREATE TABLE repeat ("
    "  session BIGINT NOT NULL, key BLOB NOT NULL,"
    "  digest BLOB NOT NULL, sequence BIGINT NOT NULL,"
    "  made BLOB NOT NULL, time BIGINT NOT NULL,"
    "  PRIMARY KEY (session, key)) WITHOUT ROWID",
    "CREATE INDEX repeat_time ON repeat (time)",
    "CREATE INDEX repeat_sequence ON repeat (session, sequence)",
    NULL,
};

/*
 * Epochs of the log: one row each, `base` the number of its first record.
 * Behind a restore numbers go on far above all that was known: `known` is the
 * last record before the epoch that stands here, `kept` the last one whose
 * effect does; what came between is known but lost, and what came above `known`
 * isn't known at all. What the keeper had signed last stands in signed_*.
 */
static const char *const step_2[] = {
    "CREATE TABLE epoch ("
    "  base INTEGER PRIMARY KEY, origin TEXT NOT NULL,"
    "  previous BIGINT NOT NULL, known BIGINT NOT NULL,"
    "  kept BIGINT NOT NULL, root BLOB NOT NULL,"
    "  signed_size BIGINT NOT NULL, signed_root BLOB NOT NULL)",
    /* A log that began before there were epochs is in its first. */
    "INSERT INTO epoch (base, origin, previous, known, kept, root,"
    "  signed_size, signed_root)"
    " SELECT 1, CAST(value AS TEXT), 0, 0, 0, x'', 0, x''"
    " FROM meta WHERE key = 'origin'",
    NULL,
};

/*
 * People, with what they sign in with, what their sessions rest on, the units
 * that they belong to; and files as they keep them.
 */
static const char *const step_3[] = {
    /* `login_key` is what two names to sign in by are equal by. */
    "ALTER TABLE principal ADD COLUMN login TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE principal ADD COLUMN login_key BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE principal ADD COLUMN unit BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE principal ADD COLUMN suspended BIGINT NOT NULL DEFAULT 0",
    /* The leaf that renamed it last; 0: none did. */
    "ALTER TABLE principal ADD COLUMN named BIGINT NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX principal_login ON principal (login_key)"
    "  WHERE ended = 0 AND login <> ''",
    "CREATE INDEX principal_unit ON principal (unit) WHERE unit <> 0",
    "CREATE INDEX principal_kind ON principal (kind, id)",
    "CREATE TABLE unit ("
    "  id INTEGER PRIMARY KEY, parent BIGINT NOT NULL, name TEXT NOT NULL,"
    "  created BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX unit_parent ON unit (parent) WHERE ended = 0",

    /* All that a decision asks of a tuple. */
    "DROP INDEX tuple_object",
    "CREATE INDEX tuple_object ON tuple"
    "  (object, subject, relation, expires, ended) WHERE ended = 0",
    /* Of a tuple the subject's relation is `member` where it is a group. */
    "CREATE INDEX tuple_member ON tuple (subject, object)"
    "  WHERE ended = 0 AND relation = 9",
    "CREATE INDEX tuple_group ON tuple (object, subject)"
    "  WHERE ended = 0 AND subject_relation = 9",

    /*
     * `secret` is what checks it, never the secret itself; `handle` is a
     * passkey's own name; `counter` its signature counter, or the last time
     * step of a TOTP; `used` when it was taken last.
     */
    "ALTER TABLE credential ADD COLUMN secret BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE credential ADD COLUMN handle BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE credential ADD COLUMN counter BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE credential ADD COLUMN flags BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE credential ADD COLUMN used BIGINT NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX credential_handle ON credential (handle)"
    "  WHERE ended = 0 AND handle <> x''",

    /*
     * `second` is the other credential that it was opened with; `stepped` when
     * its owner was last there for certain; `used` is kept to within minutes,
     * and `idle` is how long it may lie unused (0: as long as it lasts).
     */
    "ALTER TABLE session ADD COLUMN second BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN assurance BIGINT NOT NULL DEFAULT 1",
    "ALTER TABLE session ADD COLUMN created BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN stepped BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN used BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN idle BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE session ADD COLUMN context BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX session_second ON session (second)"
    "  WHERE ended = 0 AND second <> 0",
    /* Challenges that were answered, until they would have ended. */
    "CREATE TABLE answered ("
    "  challenge BLOB PRIMARY KEY, expires BIGINT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX answered_expires ON answered (expires)",

    /*
     * Programs that ask for a session, until they have one or their time is up.
     * `session` approved it, by the leaf `approved`; `source` is where it came
     * from, for limits.
     */
    "CREATE TABLE login ("
    "  verifier BLOB PRIMARY KEY, code BLOB NOT NULL UNIQUE,"
    "  label TEXT NOT NULL, source BIGINT NOT NULL, context BIGINT NOT NULL,"
    "  created BIGINT NOT NULL, expires BIGINT NOT NULL,"
    "  session BIGINT NOT NULL DEFAULT 0,"
    "  approved BIGINT NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE INDEX login_expires ON login (expires)",

    /*
     * What waits for a second person: `call` is the operation and its argument
     * as the asker sent it, `digest` what tells it from others; `ripe` when
     * nobody's approval is needed any more (0: never), `refuser` who may refuse
     * it beside administrators; `approved` the leaf that approved it.
     */
    "CREATE TABLE request ("
    "  id INTEGER PRIMARY KEY, asker BIGINT NOT NULL,"
    "  session BIGINT NOT NULL, op BIGINT NOT NULL, digest BLOB NOT NULL,"
    "  call BLOB NOT NULL, subject BIGINT NOT NULL,"
    "  refuser BIGINT NOT NULL, created BIGINT NOT NULL,"
    "  expires BIGINT NOT NULL, ripe BIGINT NOT NULL,"
    "  approved BIGINT NOT NULL, approver BIGINT NOT NULL,"
    "  approver_session BIGINT NOT NULL, ended BIGINT NOT NULL)",
    "CREATE INDEX request_of ON request (asker, op, digest) WHERE ended = 0",
    "CREATE INDEX request_open ON request (expires) WHERE ended = 0",
    "CREATE INDEX request_subject ON request (subject) WHERE ended = 0",

    /*
     * Links. The principal of one `leads` to something in that principal's
     * space; `link` is the digest of its secret, which ended ones keep, so that
     * the record says what was tried; `counter` is how often it was opened,
     * `uses` how often it may be (0: as often as one likes).
     */
    "ALTER TABLE principal ADD COLUMN leads BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX principal_leads ON principal (leads, id)"
    "  WHERE ended = 0 AND leads <> 0",
    "ALTER TABLE credential ADD COLUMN link BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE credential ADD COLUMN uses BIGINT NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX credential_link ON credential (link)"
    "  WHERE link <> x''",

    /* Files. A version that has a label is kept; `quota` < 0: the default. */
    "ALTER TABLE version ADD COLUMN label TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE principal ADD COLUMN quota BIGINT NOT NULL DEFAULT -1",
    /* What lies in a trash itself, in the order it was thrown there. */
    "CREATE INDEX node_trashed ON node (parent, edge)"
    "  WHERE ended = 0 AND was_parent <> 0",

    /*
     * An upload whose bytes are few holds them itself, until a version takes
     * them. The digest stays: a repeat is known by it.
     */
    "ALTER TABLE upload ADD COLUMN content BLOB",
    "ALTER TABLE upload ADD COLUMN digest BLOB",

    /*
     * Canaries: of a principal the last record about it, that which planted it
     * or an alert; of a node the principal whose file nobody needs.
     */
    "ALTER TABLE principal ADD COLUMN canary BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE node ADD COLUMN canary BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX principal_canary ON principal (id) WHERE canary <> 0",
    "CREATE INDEX node_canary ON node (canary) WHERE canary <> 0",
    NULL,
};

/* Whom one finds by name, and what people have starred. */
static const char *const step_4[] = {
    /*
     * What is left of the names of principals from each word on, folded
     * (core/words.h): made of `principal` alone, and filled by access_fill.
     */
    "CREATE TABLE principal_word ("
    "  word BLOB NOT NULL, principal BIGINT NOT NULL,"
    "  PRIMARY KEY (word, principal)) WITHOUT ROWID",
    "CREATE INDEX principal_word_of ON principal_word (principal)",

    /* Stars enforce nothing, so they are deleted. `sequence` gave it. */
    "CREATE TABLE star ("
    "  principal BIGINT NOT NULL, node BIGINT NOT NULL,"
    "  sequence BIGINT NOT NULL, time BIGINT NOT NULL,"
    "  PRIMARY KEY (principal, node)) WITHOUT ROWID",
    "CREATE UNIQUE INDEX star_order ON star (principal, sequence, node)",
    "CREATE INDEX star_node ON star (node)",
    NULL,
};

static const char *const step_5[] = {
    /*
     * Documents that are open, by their files: `id` is the record that began
     * the process, `version` what that was loaded from or saved as last. Where
     * there is a place, a copy of what was changed since lies there.
     */
    "CREATE TABLE document ("
    "  node INTEGER PRIMARY KEY, id BIGINT NOT NULL,"
    "  version BIGINT NOT NULL, place BLOB, size BIGINT NOT NULL,"
    "  digest BLOB, sums BLOB)",
    "CREATE UNIQUE INDEX document_id ON document (id)",
    "CREATE INDEX document_place ON document (place)",

    /* By which views, and so by whom, it was changed since. */
    "CREATE TABLE document_editor ("
    "  node BIGINT NOT NULL, view BIGINT NOT NULL,"
    "  principal BIGINT NOT NULL,"
    "  PRIMARY KEY (node, view)) WITHOUT ROWID",

    /* Whose changes a version holds, where others' than who stored it. */
    "CREATE TABLE version_editor ("
    "  version BIGINT NOT NULL, principal BIGINT NOT NULL,"
    "  PRIMARY KEY (version, principal)) WITHOUT ROWID",

    /*
     * Incidents: what was compromised, and what was done about it.
     * `contained`, `evicted` and `ended` are the leaves that did so last;
     * `proposed` that which proposed a cut, 0 where none waits, and who did.
     */
    "CREATE TABLE incident ("
    "  id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    "  principal BIGINT NOT NULL, opened BIGINT NOT NULL,"
    "  contained BIGINT NOT NULL, proposed BIGINT NOT NULL,"
    "  proposer BIGINT NOT NULL, proposer_session BIGINT NOT NULL,"
    "  evicted BIGINT NOT NULL, ended BIGINT NOT NULL)",
    /* Named by the leaf, and which of its objects. */
    "CREATE TABLE incident_seed ("
    "  incident BIGINT NOT NULL, sequence BIGINT NOT NULL,"
    "  object BIGINT NOT NULL, kind BIGINT NOT NULL, ref BIGINT NOT NULL,"
    "  address TEXT NOT NULL, since BIGINT NOT NULL,"
    "  until BIGINT NOT NULL,"
    "  PRIMARY KEY (incident, sequence, object)) WITHOUT ROWID",
    /* What a cut passes over. */
    "CREATE TABLE incident_spare ("
    "  incident BIGINT NOT NULL, ref BIGINT NOT NULL,"
    "  PRIMARY KEY (incident, ref)) WITHOUT ROWID",
    NULL,
};

static const char *const *const steps[] = {
    step_1, step_2, step_3, step_4, step_5};

uint64_t
migrations_version(void)
{
	return ARRAY_SIZE(steps);
}

/* Asked of the engine's own catalogue, which every state of ours can answer. */
int
migrations_have(struct db *db, uint64_t *ret_version)
{
	struct stmt *stmt = db_stmt(db, SQL_SCHEMA_EXISTS);
	int r = stmt_step(stmt);
	bool exists = r > 0 && stmt_col_u64(stmt, 0) > 0;

	stmt_done(stmt);
	if (r < 0)
		return r;
	if (!exists) {
		*ret_version = 0;
		return 0;
	}
	return meta_get_u64(db, "schema", ret_version);
}

int
migrations_run(struct db *db)
{
	uint64_t have = 0;
	int r = migrations_have(db, &have);

	if (r < 0)
		return r;
	if (have > ARRAY_SIZE(steps))
		return E_VERSION;
	for (uint64_t i = have; i < ARRAY_SIZE(steps); i++)
		for (const char *const *sql = steps[i]; *sql != NULL; sql++)
			if ((r = db_script(db, *sql)) < 0)
				return r;
	return meta_put_u64(db, "schema", ARRAY_SIZE(steps));
}
