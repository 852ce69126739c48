#include "core/install.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "core/apps/access/access.h"
#include "core/decide.h"
#include "core/epoch.h"
#include "core/head.h"
#include "core/writer.h"
#include "ledger/note.h"
#include "store/meta.h"
#include "store/migrations.h"

enum {
	CATALOGUE_MAX = 1 << 20,
	TOKEN_DAYS = 400,
	SCHEMA_WORDS = 4, /* of the schema, the first that has them */
};

/* ---- the database -----------------------------------------------------------
 */

/* What is chosen once, for ever. */
static int
choose(struct db *db, const char *origin)
{
	struct epoch epoch = {.base = 1};
	struct id_key key;
	int r;

	randombytes_buf(key.b, sizeof(key.b));
	(void)snprintf(epoch.origin, sizeof(epoch.origin), "%s", origin);
	if ((r = meta_put(db, "id_key", slice_of(key.b, sizeof(key.b)))) < 0)
		return r;
	return epoch_begin(db, &epoch);
}

static const char *const app_keys[APP_MAX] = {[APP_FILES] = "app_files",
    [APP_DOCUMENTS] = "app_documents",
    [APP_MAIL] = "app_mail",
    [APP_LOG] = "app_log",
    [APP_ADMIN] = "app_admin"};

/*
 * None before there were apps; before there were guests, none for them; and no
 * canaries before there were any.
 */
static int
load_apps(struct db *db, struct core *core)
{
	int r = meta_get_u64(db, "everyone", &core->everyone);

	for (unsigned app = 1; app < APP_MAX && r == 0; app++)
		r = meta_get_u64(db, app_keys[app], &core->apps[app]);
	if (r == 0)
		r = meta_get_u64(db, "guests", &core->guests);
	if (r == 0)
		r = meta_get_u64(db, "canaries", &core->canaries);
	return r == E_NOT_FOUND ? 0 : r;
}

static int
load(struct db *db, struct core *core)
{
	struct buf buf = BUF(255);
	int r = meta_get(db, "id_key", &buf);

	if (r == 0 && buf.n != sizeof(core->id_key.b))
		r = E_CORRUPT;
	if (r == 0)
		memcpy(core->id_key.b, buf.p, buf.n);
	buf_clear(&buf);
	if (r == 0)
		r = meta_get(db, "origin", &buf);
	if (r == 0)
		(void)snprintf(core->origin, sizeof(core->origin), "%.*s",
		    SLICE_ARG(buf_slice(&buf)));
	buf_free(&buf);
	if (r < 0 || (r = meta_get_u64(db, "base", &core->base)) < 0)
		return r;
	r = meta_get_u64(db, "org", &core->org);
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : load_apps(db, core);
}

/*
 * The keeper's key must be that of this log. Another one of the same origin is
 * a rotation, which the start records; another origin means that database and
 * keeper don't belong together (a copy put back, say), and nothing is served.
 */
static int
check_key(struct db *db, struct core *core)
{
	struct slice key = slice_str(core->log_key);
	struct slice name = slice_first(key, slice_index(key, '+'));
	struct buf known = BUF(NOTE_VKEY_MAX);
	int r;

	if (key.n == 0)
		return 0;
	if (!slice_eq(name, slice_str(core->origin))) {
		log_error("core.other_log",
		    log_str(K_TEXT, "the keeper's key is not that of this log"),
		    log_str(K_NAME, core->origin));
		return E_INCONSISTENT;
	}
	r = meta_get(db, "log_key", &known);
	if (r == E_NOT_FOUND || (r == 0 && known.n == 0))
		r = meta_put(db, "log_key", key);
	else if (r == 0)
		core->key_is_new = !slice_eq(buf_slice(&known), key);
	buf_free(&known);
	return r;
}

static int
open_in_transaction(
    struct db *db, struct core *core, const char *origin, bool *ret_new)
{
	uint64_t have = 0;
	int r = migrations_have(db, &have);

	if (r < 0)
		return r;
	if (have > migrations_version())
		return E_VERSION;
	*ret_new = have == 0;
	core->schema = have;
	if (have == 0 &&
	    ((r = migrations_run(db)) < 0 || (r = choose(db, origin)) < 0))
		return r;
	if ((r = head_take_fence(db, &core->fence)) < 0)
		return r;
	r = load(db, core);
	return r < 0 ? r : check_key(db, core);
}

int
install_open(
    struct db *db, struct core *core, const char *origin, bool *ret_new)
{
	int r = db_begin(db);

	if (r < 0)
		return r;
	r = open_in_transaction(db, core, origin, ret_new);
	if (r < 0) {
		db_rollback(db);
		return r;
	}
	/* An installation that was cut off before its ceremony is none. */
	if (core->org == 0)
		*ret_new = true;
	return db_commit(db);
}

/* ---- the ceremony
 * -------------------------------------------------------------- */

/* Before the commit: a token whose file can't be written is of no use. */
static int
write_token(const char *secret)
{
	struct buf text = BUF(128);
	int r;

	buf_printf(&text, "%s\n", secret);
	r = text.error != 0 ? text.error
	                    : file_replace(AT_FDCWD, INSTALL_TOKEN_FILE, 0600,
				  buf_slice(&text));
	secret_wipe(text.p, text.n);
	buf_free(&text);
	return r;
}

/* In the order of their bits, which the record tells. */
static int
give_roles(struct run *run, uint64_t org, uint64_t principal)
{
	static const unsigned roles[] = {RELATION_USER_ADMIN,
	    RELATION_LOG_READER, RELATION_SECURITY_RESPONDER,
	    RELATION_OPERATOR};
	uint64_t grant, given = BIT(RELATION_OWNER);
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(roles) && r == 0; i++) {
		r = access_make_grant(
		    run, KIND_ORG, org, roles[i], principal, 0, &grant);
		given |= BIT(roles[i]);
	}
	return r < 0 ? r : run_number(run, FACT_RELATIONS, (int64_t)given);
}

static int
ceremony(struct run *run, void *arg)
{
	struct core *core = arg;
	struct access_credential token = {.kind = CREDENTIAL_TOKEN,
	    .label = SLICE("installation"),
	    .label_field = FACT_LABEL,
	    .families = ACCESS_FAMILIES,
	    .expires =
		run->place->now + (int64_t)TOKEN_DAYS * 24 * 3600 * 1000};
	struct access_session session;
	struct principal_row who;
	uint64_t org;
	int r;

	if ((r = run_make(run, KIND_ORG, &org)) < 0 ||
	    (r = access_make_principal(run, PRINCIPAL_CEREMONY,
		 SLICE("Installation"), FACT_PRINCIPAL_NAME, SLICE(""), &who)) <
		0 ||
	    (r = give_roles(run, org, who.id)) < 0)
		return r;
	token.principal = who.id;
	if ((r = access_issue_token(run, &token, 0, &session)) == 0 &&
	    (r = meta_put_u64(run->place->db, "org", org)) == 0)
		r = write_token(session.secret);
	secret_wipe(session.secret, sizeof(session.secret));
	if (r == 0)
		core->org = org;
	return r;
}

/* ---- leaves of a start
 * ------------------------------------------------------------ */

static int
do_system(struct writer *writer, enum op_number op,
    int (*system)(struct run *run, void *arg), void *arg)
{
	struct call *call = NULL;
	int r = call_new_system(op, 0, system, NULL, &call);

	if (r < 0)
		return r;
	call->arg = arg;
	r = writer_do(writer, call);
	call_free(&call);
	return r;
}

int
install_ceremony(struct core *core, struct writer *writer)
{
	return do_system(writer, OP_CEREMONY_INSTALL, ceremony, core);
}

/* A group that some are in by what they are. */
static int
put_group(struct run *run, const char *key, struct slice name, uint64_t *ret_id)
{
	struct principal_row group = {
	    .kind = PRINCIPAL_GROUP, .name = name, .created = run->place->now};
	int r;

	if ((r = run_make(run, KIND_PRINCIPAL, &group.id)) < 0 ||
	    (r = run_text(run, FACT_PRINCIPAL_NAME, group.id, name)) < 0 ||
	    (r = access_put_principal(run, &group)) < 0 ||
	    (r = meta_put_u64(run->place->db, key, group.id)) < 0)
		return r;
	*ret_id = group.id;
	return 0;
}

/* All may use all of them, until somebody decides otherwise. */
static int
put_apps(struct run *run, void *arg)
{
	struct core *core = arg;
	struct db *db = run->place->db;
	uint64_t apps[APP_MAX] = {0}, everyone = 0, grant;
	int r = 0;

	for (unsigned app = 1; app < APP_MAX && r == 0; app++)
		if ((r = run_make(run, KIND_APP, &apps[app])) == 0)
			r = meta_put_u64(db, app_keys[app], apps[app]);
	if (r == 0)
		r = put_group(run, "everyone", SLICE("Everyone"), &everyone);
	for (unsigned app = 1; app < APP_MAX && r == 0; app++)
		r = access_make_grant(run, KIND_APP, apps[app], RELATION_USE,
		    everyone, 0, &grant);
	if (r < 0)
		return r;
	memcpy(core->apps, apps, sizeof(apps));
	core->everyone = everyone;
	return 0;
}

/* Those from outside may use files, so that something can be shared with them.
 */
static int
put_guests(struct run *run, void *arg)
{
	struct core *core = arg;
	uint64_t app = core->apps[APP_FILES], guests, grant;
	int r = put_group(run, "guests", SLICE("Guests"), &guests);

	if (r < 0 ||
	    (r = access_make_grant(
		 run, KIND_APP, app, RELATION_USE, guests, 0, &grant)) < 0 ||
	    (r = run_number(run, FACT_TARGET, (int64_t)app)) < 0)
		return r;
	core->guests = guests;
	return 0;
}

int
install_apps(struct core *core, struct writer *writer)
{
	int r = 0;

	if (core->everyone == 0)
		r = do_system(writer, OP_APP_INSTALL, put_apps, core);
	if (r == 0 && core->guests == 0)
		r = do_system(writer, OP_APP_INSTALL, put_guests, core);
	return r;
}

/* ---- canaries --------------------------------------------------------------
 */

struct somebody {
	const char *name, *login;
};

/* Such as are left over in many places, and people like others. */
static const struct somebody administrators[] = {
    {"Administrator (old)", "admin-old"}, {"Local Administrator", "localadmin"},
    {"IT Administrator", "it-admin"}, {"System Manager", "sysmanager"}};
static const struct somebody services[] = {{"Backup Service", "svc-backup"},
    {"Database Backup", "db-backup"}, {"File Server Sync", "svc-filesync"},
    {"Scan to Folder", "svc-scanner"}};
static const struct somebody people[] = {{"Monika Bergstaller", "bergstaller"},
    {"Henrik Vestergren", "vestergren"}, {"Paola Contardini", "contardini"},
    {"Graham Ellingworth", "ellingworth"}};
static const char *const files[] = {"Bank accounts and passwords.txt",
    "Passwords and PINs.txt", "Logins (private).txt", "Accounts, keep.txt"};

/* One of a list that nobody here is called like; NULL where all are taken. */
static int
choose_name(struct run *run, const struct somebody *list, size_t n,
    const struct somebody **ret)
{
	size_t first = randombytes_uniform((uint32_t)n);
	int r = 0;

	*ret = NULL;
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct somebody *one = &list[(first + i) % n];
		struct slice key;
		uint64_t other;

		*ret = one;
		if ((r = access_login_key(run, slice_str(one->login), &key)) ==
		    0)
			r = access_find_login(run, key, &other);
	}
	if (r == 0)
		*ret = NULL;
	return r == E_NOT_FOUND ? 0 : r;
}

static int
plant_one(struct run *run, const struct somebody *list, size_t n,
    const char *file, bool *first)
{
	struct access_canary canary = {.name_field = FACT_PRINCIPAL_NAME,
	    .login_field = FACT_LOGIN,
	    .file = slice_str(file)};
	const struct somebody *one;
	uint64_t principal, ref;
	int r = choose_name(run, list, n, &one);

	if (r < 0 || one == NULL)
		return r;
	/* Each is an object of the record, with names of its own. */
	if (!*first) {
		if ((r = draft_object_end(run->draft, 0)) < 0)
			return r;
		draft_object(run->draft);
	}
	*first = false;
	canary.name = slice_str(one->name);
	canary.login = slice_str(one->login);
	if ((r = access_plant_canary(run, &canary, &principal, &ref)) < 0)
		return r;
	return run_number(run, FACT_RELATIONS, BIT(RELATION_OWNER));
}

static int
put_canaries(struct run *run, void *arg)
{
	struct core *core = arg;
	const char *file = files[randombytes_uniform(ARRAY_SIZE(files))];
	bool first = true;
	int r;

	if ((r = plant_one(run, administrators, ARRAY_SIZE(administrators), "",
		 &first)) < 0 ||
	    (r = plant_one(run, services, ARRAY_SIZE(services), "", &first)) <
		0 ||
	    (r = plant_one(run, people, ARRAY_SIZE(people), file, &first)) <
		0 ||
	    (r = meta_put_u64(run->place->db, "canaries", run->sequence)) < 0)
		return r;
	core->canaries = run->sequence;
	return 0;
}

int
install_canaries(struct core *core, struct writer *writer)
{
	return core->canaries != 0
	           ? 0
	           : do_system(writer, OP_CANARY_INSTALL, put_canaries, core);
}

static int
put_previous(struct run *run, const struct epoch *epoch)
{
	struct draft *draft = run->draft;
	struct epoch before;
	int r = epoch_get(run->place->db, epoch->previous, &before);

	if (r < 0 ||
	    (r = run_number(run, FACT_PREVIOUS_SIZE,
		 (int64_t)(epoch->known - epoch->previous + 1))) < 0 ||
	    (r = run_number(run, FACT_KEPT, (int64_t)epoch->kept)) < 0 ||
	    (r = draft_bytes(
		 draft, FACT_PREVIOUS_ORIGIN, slice_str(before.origin))) < 0 ||
	    (r = draft_bytes(
		 draft, FACT_PREVIOUS_ROOT, digest_slice(&epoch->root))) < 0)
		return r;
	if (epoch->signed_size == 0)
		return 0;
	r = run_number(run, FACT_SIGNED_SIZE, (int64_t)epoch->signed_size);
	return r < 0 ? r
	             : draft_bytes(draft, FACT_SIGNED_ROOT,
			   digest_slice(&epoch->signed_root));
}

/* A later epoch says what stood before it. */
static int
begin_log(struct run *run, void *arg)
{
	const struct core *core = arg;
	struct epoch epoch;
	int r = epoch_get(run->place->db, core->base, &epoch);

	if (r < 0 ||
	    (r = run_number(run, FACT_BASE, (int64_t)core->base)) < 0 ||
	    (r = draft_bytes(
		 run->draft, FACT_ORIGIN, slice_str(core->origin))) < 0)
		return r;
	return epoch.previous != 0 ? put_previous(run, &epoch) : 0;
}

/* From this leaf on checkpoints are signed by the new key. */
static int
rotate_key(struct run *run, void *arg)
{
	const struct core *core = arg;
	struct slice key = slice_str(core->log_key);
	int r = meta_put(run->place->db, "log_key", key);

	return r < 0 ? r : draft_bytes(run->draft, FACT_KEY, key);
}

/* The text stands in the log folder under its digest, for strangers. */
static int
write_catalogue(struct digest *ret_digest)
{
	struct buf text = BUF(CATALOGUE_MAX), name = BUF(200);
	AUTO_CLOSE int dir = -1;
	int r;

	buf_put_str(&text, "{\"table\":");
	op_put_catalogue(&text);
	buf_put_str(&text, ",\"schema\":");
	decide_put_schema(&text);
	buf_put_str(&text, "}\n");
	*ret_digest = sha256(buf_slice(&text));
	buf_put_str(&name, "catalogue-");
	buf_put_hex(&name, digest_slice(ret_digest));
	buf_put_str(&name, ".json");
	r = text.error != 0 ? text.error : name.error;
	if (r == 0 && (r = file_mkdir(AT_FDCWD, CORE_LOG_FOLDER, 0700)) == 0 &&
	    (r = file_open(AT_FDCWD, CORE_LOG_FOLDER, O_RDONLY | O_DIRECTORY, 0,
		 &dir)) == 0)
		r = file_replace(dir, buf_cstr(&name), 0644, buf_slice(&text));
	buf_free(&name);
	buf_free(&text);
	return r;
}

static int
catalogue(struct run *run, void *arg)
{
	return draft_bytes(
	    run->draft, FACT_DIGEST, digest_slice((struct digest *)arg));
}

static int
start(struct run *run, void *arg)
{
	const struct core *core = arg;
	int r;

	if ((r = run_number(run, FACT_FENCE, (int64_t)core->fence)) < 0 ||
	    (r = run_number(run, FACT_SCHEMA, (int64_t)migrations_version())) <
		0 ||
	    (r = run_number(run, FACT_SUSPECT,
		 core_time_is_suspect(
		     (struct core_time *)(uintptr_t)&core->time))) < 0)
		return r;
	return draft_bytes(run->draft, FACT_BUILD, slice_str(core->version));
}

/* The steps and the record of them are one transaction. */
static int
migrate(struct run *run, void *arg)
{
	const struct core *core = arg;
	int r = run_number(run, FACT_PREVIOUS_SCHEMA, (int64_t)core->schema);

	if (r < 0 || (r = run_number(
			  run, FACT_SCHEMA, (int64_t)migrations_version())) < 0)
		return r;
	if ((r = migrations_run(run->place->db)) < 0)
		return r;
	return core->schema < SCHEMA_WORDS ? access_fill_words(run) : 0;
}

int
install_record_start(struct core *core, struct writer *writer)
{
	bool begins = writer_durable(writer) < core->base;
	bool is_old = core->schema > 0 && core->schema < migrations_version();
	struct digest digest;
	int r = write_catalogue(&digest);

	if (r < 0 ||
	    (is_old && (r = do_system(
			    writer, OP_SYSTEM_MIGRATE, migrate, core)) < 0) ||
	    (begins &&
		(r = do_system(writer, OP_LOG_BEGIN, begin_log, core)) < 0) ||
	    (core->key_is_new &&
		(r = do_system(writer, OP_KEY_ROTATE, rotate_key, core)) < 0) ||
	    (r = do_system(writer, OP_CATALOGUE, catalogue, &digest)) < 0)
		return r;
	return do_system(writer, OP_SYSTEM_START, start, core);
}

static int
stop(struct run *run UNUSED, void *arg UNUSED)
{
	return 0;
}

int
install_record_stop(struct writer *writer)
{
	return do_system(writer, OP_SYSTEM_STOP, stop, NULL);
}
