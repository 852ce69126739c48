/*
 * Incidents: what descends from a compromise, rule by rule, each where it alone
 * decides; who may look, and who may cut; that a cut ends all of it and nothing
 * else; and that the same is found however and whenever it is looked for.
 */
#include "unit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/head.h"
#include "core/index.h"
#include "core/run.h"
#include "core/test_passkey.h"
#include "op/words.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* ---- help
 * -------------------------------------------------------------------- */

static int64_t
now(struct rig *rig)
{
	return rig_leaf(rig, &rig->arena, rig_last(rig))->time;
}

/* The session of a secret. */
static struct id
session_of(struct rig *rig, const char *token)
{
	struct nothing none = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, token, &none);

	assert_int_equal(a.code, 0);
	return ((const struct session_info *)a.result)->session;
}

static struct id
credential_of(struct rig *rig, const char *token)
{
	struct nothing none = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, token, &none);

	assert_int_equal(a.code, 0);
	return ((const struct session_info *)a.result)->credential;
}

static struct rig_second
responder(struct rig *rig, const char *login)
{
	struct rig_second who = rig_second(rig, login);
	struct role_grant args = {.has_principal = true, .principal = who.id};

	SHAPE_SET(&args, relation, RELATION_SECURITY_RESPONDER);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_ROLE_GRANT, rig->token, &args).code, 0);
	return who;
}

/* They confirm that it is they, since time has passed. */
static void
renew(struct rig *rig, struct rig_second *who)
{
	assert_int_equal(
	    rig_passkey_sign_in(rig, &who->passkey, who->token), 0);
}

static struct id
open_incident(struct rig *rig, const char *token)
{
	struct incident_open args = {
	    .has_name = true, .name = SLICE("The stolen laptop")};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_INCIDENT_OPEN, token, &args);

	assert_int_equal(a.code, 0);
	return ((const struct incident_made *)a.result)->id;
}

static int
seed(struct rig *rig, const char *token, struct id incident, struct id what,
    int64_t since)
{
	struct incident_seed args = {
	    .has_incident = true, .incident = incident};

	if (what.kind == KIND_SESSION)
		SHAPE_SET(&args, session, what);
	else if (what.kind == KIND_CREDENTIAL)
		SHAPE_SET(&args, credential, what);
	else
		SHAPE_SET(&args, principal, what);
	if (since != 0)
		SHAPE_SET(&args, since, since);
	return rig_do(rig, &rig->arena, OP_INCIDENT_SEED, token, &args).code;
}

static int
seed_address(struct rig *rig, const char *token, struct id incident,
    const char *address, int64_t since)
{
	struct incident_seed args = {
	    .has_incident = true, .incident = incident};

	SHAPE_SET(&args, address, slice_str(address));
	SHAPE_SET(&args, since, since);
	return rig_do(rig, &rig->arena, OP_INCIDENT_SEED, token, &args).code;
}

static struct answer
scope(struct rig *rig, const char *token, struct id incident, uint64_t at)
{
	struct incident_scope args = {
	    .has_incident = true, .incident = incident};

	if (at != 0)
		SHAPE_SET(&args, at, at);
	SHAPE_SET(&args, limit, 500);
	return rig_do(rig, &rig->arena, OP_INCIDENT_SCOPE, token, &args);
}

static const struct incident_closure *
see(struct rig *rig, const char *token, struct id incident)
{
	struct answer a = scope(rig, token, incident, 0);

	assert_int_equal(a.code, 0);
	return a.result;
}

static const struct incident_thing *
thing(const struct incident_closure *closure, struct id id)
{
	for (size_t i = 0; i < closure->list.n; i++)
		if (closure->list.v[i].id.n == id.n)
			return &closure->list.v[i];
	return NULL;
}

static void
expect(const struct incident_closure *closure, struct id id, unsigned verdict,
    unsigned rule)
{
	const struct incident_thing *found = thing(closure, id);

	assert_non_null(found);
	assert_int_equal(found->verdict, verdict);
	assert_int_equal(found->rule, rule);
}

static int
on_incident(
    struct rig *rig, const char *token, enum op_number op, struct id incident)
{
	struct incident_ref args = {.has_incident = true, .incident = incident};

	return rig_do(rig, &rig->arena, op, token, &args).code;
}

static struct answer
make_service(struct rig *rig, const char *token, const char *name)
{
	struct principal_create args = {.has_kind = true,
	    .kind = PRINCIPAL_SERVICE,
	    .has_name = true,
	    .name = slice_str(name)};

	return rig_do(rig, &rig->arena, OP_PRINCIPAL_CREATE, token, &args);
}

static struct answer
make_token(struct rig *rig, const char *token, struct id principal)
{
	struct token_issue args = {.has_principal = true,
	    .principal = principal,
	    .has_label = true,
	    .label = SLICE("a token")};

	return rig_do(rig, &rig->arena, OP_TOKEN_ISSUE, token, &args);
}

/* Two responders, and an administrator whose session is stolen. */
struct world {
	struct rig_second one, two, victim;
	struct rig_person bob; /* a service, honest */
	struct id stolen;      /* the session */
	struct id incident;
};

static struct world
make_world(struct rig *rig)
{
	struct world w = {.bob = rig_person(rig, "bob")};

	w.one = responder(rig, "one");
	w.two = responder(rig, "two");
	w.victim = rig_second(rig, "victim");
	renew(rig, &w.one);
	renew(rig, &w.two);
	w.stolen = session_of(rig, w.victim.token);
	w.incident = open_incident(rig, w.one.token);
	return w;
}

/* ---- rules
 * ------------------------------------------------------------------------ */

/* What a stolen session makes, and what it did before it was stolen. */
static void
test_what_a_session_made(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer before = make_service(rig, w.victim.token, "before"), a;
	const struct incident_closure *closure;
	int64_t since;

	rig_pass(1000);
	a = make_service(rig, w.victim.token, "theirs");
	assert_int_equal(before.code | a.code, 0);
	since = now(rig);
	assert_int_equal(
	    seed(rig, w.one.token, w.incident, w.stolen, since), 0);
	closure = see(rig, w.one.token, w.incident);
	expect(closure, w.stolen, VERDICT_MUST, DESCENT_SEED);
	expect(closure, ((const struct principal *)a.result)->id, VERDICT_MUST,
	    DESCENT_DONE);
	assert_null(
	    thing(closure, ((const struct principal *)before.result)->id));
	assert_null(thing(closure, w.bob.id));
	assert_false(closure->has_root);
}

/* A credential that it issued, the session of that, and what that made. */
static void
test_what_it_registered(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer a = make_token(rig, w.victim.token, w.bob.id);
	const struct token_issued *issued = a.result;
	const struct incident_closure *closure;
	struct id file;
	char secret[RIG_SECRET];

	assert_int_equal(a.code, 0);
	memcpy(secret, issued->secret.p, issued->secret.n);
	secret[issued->secret.n] = '\0';
	file = rig_file(rig, secret, w.bob.home, "by their token", "x");
	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	closure = see(rig, w.one.token, w.incident);
	expect(closure, issued->id, VERDICT_MUST, DESCENT_REGISTERED);
	expect(closure, session_of(rig, secret), VERDICT_MUST, DESCENT_LET_IN);
	expect(closure, file, VERDICT_MUST, DESCENT_DONE);
	/* What bob has himself is his. */
	assert_null(thing(closure, w.bob.credential));
	assert_null(thing(closure, session_of(rig, w.bob.token)));
}

/* A session that a compromised credential opened, since it was. */
static void
test_what_a_credential_opened(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id passkey = credential_of(rig, w.victim.token), after;
	const struct incident_closure *closure;
	int64_t since;

	rig_pass(1000);
	renew(rig, &w.victim);
	after = session_of(rig, w.victim.token);
	since = now(rig);
	assert_int_equal(seed(rig, w.one.token, w.incident, passkey, since), 0);
	closure = see(rig, w.one.token, w.incident);
	expect(closure, passkey, VERDICT_MUST, DESCENT_SEED);
	expect(closure, after, VERDICT_MUST, DESCENT_OPENED);
	assert_null(thing(closure, w.stolen));
}

/* Where it is known where they came from, the others may be the owner's. */
static void
test_addresses_tell_them_apart(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id passkey = credential_of(rig, w.victim.token), own, theirs;
	const struct incident_closure *closure;
	int64_t since = now(rig);

	renew(rig, &w.victim);
	own = session_of(rig, w.victim.token);
	rig_connect(rig, "203.0.113.7", "thief/1.0");
	renew(rig, &w.victim);
	theirs = session_of(rig, w.victim.token);
	rig_connect(rig, "192.0.2.1", "desk/1.0");
	assert_int_equal(seed(rig, w.one.token, w.incident, passkey, since), 0);
	assert_int_equal(
	    seed_address(rig, w.one.token, w.incident, "203.0.113.7", since),
	    0);
	closure = see(rig, w.one.token, w.incident);
	expect(closure, theirs, VERDICT_MUST, DESCENT_SEED);
	expect(closure, own, VERDICT_MAY, DESCENT_OPENED);
}

/* What honest people did by a right that it gave, and only that. */
static void
test_what_its_right_allowed(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id home = {0, KIND_FOLDER}, folder, grant, theirs, own;
	const struct incident_closure *closure;
	struct nothing none = {.has_unused = false};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_SESSION_GET, w.victim.token, &none);

	home = ((const struct session_info *)a.result)->home;
	folder = rig_folder(rig, w.victim.token, home, "shared");
	rig_pass(1000);
	grant = rig_share(rig, w.victim.token, folder, w.bob.id, RELATION_EDIT);
	theirs = rig_file(rig, w.bob.token, folder, "in theirs", "x");
	own = rig_file(rig, w.bob.token, w.bob.home, "his own", "x");
	/* The folder is older than the theft. */
	assert_int_equal(
	    seed(rig, w.one.token, w.incident, w.stolen,
		rig_leaf(rig, &rig->arena, rig_last(rig) - 2)->time),
	    0);
	closure = see(rig, w.one.token, w.incident);
	assert_null(thing(closure, folder));
	expect(closure, grant, VERDICT_MUST, DESCENT_DONE);
	expect(closure, theirs, VERDICT_MUST, DESCENT_RIGHT);
	assert_null(thing(closure, own));
}

/* Copies of what it made may be as bad as that is. */
static void
test_what_was_copied(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer a = make_token(rig, w.victim.token, w.bob.id);
	const struct token_issued *issued = a.result;
	const struct incident_closure *closure;
	struct node_copy args = {.has_node = true};
	char secret[RIG_SECRET];

	assert_int_equal(a.code, 0);
	memcpy(secret, issued->secret.p, issued->secret.n);
	secret[issued->secret.n] = '\0';
	args.node = rig_file(rig, secret, w.bob.home, "poisoned", "x");
	SHAPE_SET(&args, folder, w.bob.home);
	SHAPE_SET(&args, name, SLICE("copy"));
	a = rig_do(rig, &rig->arena, OP_NODE_COPY, w.bob.token, &args);
	assert_int_equal(a.code, 0);
	assert_int_equal(seed(rig, w.one.token, w.incident, issued->id, 0), 0);
	closure = see(rig, w.one.token, w.incident);
	expect(closure, issued->id, VERDICT_MUST, DESCENT_SEED);
	expect(closure, ((const struct node_made *)a.result)->id, VERDICT_MAY,
	    DESCENT_COPIED);
}

/* All else rests on the installation. */
static void
test_the_installation_itself(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct incident_closure *closure;

	assert_int_equal(seed(rig, w.one.token, w.incident,
			     session_of(rig, rig->token), now(rig)),
	    0);
	closure = see(rig, w.one.token, w.incident);
	assert_true(closure->has_root);
}

/* ---- who may
 * ----------------------------------------------------------------------- */

static void
test_who_may_look(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct incident_open args = {.has_name = true, .name = SLICE("mine")};

	/* The role isn't enough: it takes a passkey, too. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INCIDENT_OPEN, rig->token, &args).code,
	    E_ASSURANCE);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INCIDENT_OPEN, w.victim.token, &args)
		.code,
	    E_DENIED);
	/* Nobody looks into what is about themselves. */
	assert_int_equal(
	    seed(rig, w.one.token, w.incident, session_of(rig, w.one.token), 0),
	    E_LINEAGE);
	assert_int_equal(seed(rig, w.one.token, w.incident, w.two.id, 0), 0);
	assert_int_equal(
	    scope(rig, w.two.token, w.incident, 0).code, E_LINEAGE);
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_CONTAIN, w.incident),
	    E_LINEAGE);
	assert_int_equal(scope(rig, w.one.token, w.incident, 0).code, 0);
}

static void
test_bad_seeds(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct incident_seed args = {
	    .has_incident = true, .incident = w.incident};

	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INCIDENT_SEED, w.one.token, &args).code,
	    E_INVALID);
	SHAPE_SET(&args, address, SLICE("203.0.113.7"));
	/* An address without a time would be everybody behind it, ever. */
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INCIDENT_SEED, w.one.token, &args).code,
	    E_INVALID);
	SHAPE_SET(&args, session, w.stolen);
	SHAPE_SET(&args, since, 1);
	assert_int_equal(
	    rig_do(rig, &rig->arena, OP_INCIDENT_SEED, w.one.token, &args).code,
	    E_INVALID);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident),
	    E_STATE);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_CLOSE, w.incident), 0);
	assert_int_equal(
	    seed(rig, w.one.token, w.incident, w.stolen, 0), E_STATE);
}

/* ---- the cut
 * ----------------------------------------------------------------------- */

static void
test_contain(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer a = make_token(rig, w.victim.token, w.bob.id);
	const struct token_issued *issued = a.result;
	char secret[RIG_SECRET];

	memcpy(secret, issued->secret.p, issued->secret.n);
	secret[issued->secret.n] = '\0';
	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_CONTAIN, w.incident), 0);
	assert_int_equal(
	    make_service(rig, w.victim.token, "late").code, E_UNAUTHENTICATED);
	/* What descends from it needs a second person. */
	(void)session_of(rig, secret);
}

static void
test_evict(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct answer a = make_token(rig, w.victim.token, w.bob.id);
	const struct token_issued *issued = a.result;
	struct id service, late, grant;
	const struct leaf *leaf;
	char secret[RIG_SECRET];

	memcpy(secret, issued->secret.p, issued->secret.n);
	secret[issued->secret.n] = '\0';
	a = make_service(rig, w.victim.token, "theirs");
	service = ((const struct principal *)a.result)->id;
	grant = rig_share(rig, w.bob.token,
	    rig_folder(rig, w.bob.token, w.bob.home, "own"), w.two.id,
	    RELATION_READ);
	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_EVICT, w.incident),
	    E_STATE);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident), 0);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_EVICT, w.incident),
	    E_LINEAGE);
	/* They go on while it is looked at. */
	a = make_service(rig, secret, "denied");
	assert_int_equal(a.code, E_DENIED);
	a = make_service(rig, w.victim.token, "late");
	late = ((const struct principal *)a.result)->id;
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_EVICT, w.incident), 0);
	leaf = rig_last_of(rig, &rig->arena, OP_INCIDENT_EVICT);
	assert_int_equal(leaf->n_approved, 1);
	assert_int_equal(
	    leaf->approved[0], rig_ref(rig, session_of(rig, w.one.token)));

	/* Nothing of it lives, */
	assert_int_equal(
	    make_service(rig, w.victim.token, "x").code, E_UNAUTHENTICATED);
	assert_int_equal(rig_read(rig, secret, w.bob.home), E_UNAUTHENTICATED);
	assert_false(thing(see(rig, w.one.token, w.incident), service)->live);
	assert_false(thing(see(rig, w.one.token, w.incident), late)->live);
	/* what is honest does, */
	(void)session_of(rig, w.bob.token);
	assert_int_equal(rig_revoke(rig, w.bob.token, grant), 0);
	/* and the victim has what they had. */
	renew(rig, &w.victim);
	(void)session_of(rig, w.victim.token);
}

/* A cut is carried out by nobody whom it is about, nor proposed by one. */
static void
test_suspects_cut_nothing(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident), 0);
	/* Meanwhile it turns out that the first one's own is stolen, too. */
	assert_int_equal(
	    seed(rig, w.two.token, w.incident, session_of(rig, w.one.token), 0),
	    0);
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_EVICT, w.incident),
	    E_LINEAGE);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident),
	    E_LINEAGE);
}

static int
spare(struct rig *rig, const char *token, struct id incident, struct id what)
{
	struct incident_spare args = {
	    .has_incident = true, .incident = incident, .has_id = true};

	args.id = what;
	return rig_do(rig, &rig->arena, OP_INCIDENT_SPARE, token, &args).code;
}

/* What only may be theirs is spared by name, and nothing else. */
static void
test_spare(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct id passkey = credential_of(rig, w.victim.token), kept, cut;
	int64_t since = now(rig);
	struct answer a;

	renew(rig, &w.victim);
	a = make_service(rig, w.victim.token, "kept");
	kept = ((const struct principal *)a.result)->id;
	a = make_service(rig, w.victim.token, "cut");
	cut = ((const struct principal *)a.result)->id;
	assert_int_equal(seed(rig, w.one.token, w.incident, passkey, since), 0);
	/* For certain it is theirs, as far as anybody knows. */
	assert_int_equal(spare(rig, w.one.token, w.incident, kept), E_STATE);
	assert_int_equal(
	    seed_address(rig, w.one.token, w.incident, "203.0.113.7", since),
	    0);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident), 0);
	assert_int_equal(spare(rig, w.one.token, w.incident, kept), 0);
	assert_int_equal(
	    spare(rig, w.one.token, w.incident, w.bob.id), E_NOT_FOUND);
	/* What was looked at is another thing now. */
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_EVICT, w.incident),
	    E_STATE);
	assert_int_equal(
	    on_incident(rig, w.one.token, OP_INCIDENT_PROPOSE, w.incident), 0);
	assert_int_equal(
	    on_incident(rig, w.two.token, OP_INCIDENT_EVICT, w.incident), 0);
	assert_true(thing(see(rig, w.one.token, w.incident), kept)->live);
	assert_false(thing(see(rig, w.one.token, w.incident), cut)->live);
}

/* ---- the certificate
 * ---------------------------------------------------------------------- */

/* What a condition came to. */
static bool
holds(struct rig *rig, const char *token, struct id incident, const char *code)
{
	struct incident_ref args = {.has_incident = true, .incident = incident};
	struct answer a =
	    rig_do(rig, &rig->arena, OP_INCIDENT_CERTIFY, token, &args);
	const struct incident_certificate *certificate = a.result;

	assert_int_equal(a.code, 0);
	for (size_t i = 0; i < certificate->checks.n; i++)
		if (slice_eq(certificate->checks.v[i].code, slice_str(code)))
			return certificate->checks.v[i].holds;
	fail_msg("no %s", code);
	return false;
}

/* As whoever owns the host could. */
static void PRINTF_LIKE(1, 2) from_outside(const char *format, ...)
{
	struct db *db = NULL;
	va_list args;
	char sql[512];

	va_start(args, format);
	(void)vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	assert_int_equal(db_open(HEAD_DATABASE, DB_WRITER, &db), 0);
	assert_int_equal(db_script(db, sql), 0);
	db_close(&db);
}

static void
cut(struct rig *rig, const struct world *w)
{
	assert_int_equal(
	    on_incident(rig, w->one.token, OP_INCIDENT_PROPOSE, w->incident),
	    0);
	assert_int_equal(
	    on_incident(rig, w->two.token, OP_INCIDENT_EVICT, w->incident), 0);
}

/* Each condition, where it alone decides. */
static void
test_certificate(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const char *one = w.one.token;

	assert_int_equal(seed(rig, one, w.incident, w.stolen, 0), 0);
	assert_int_equal(make_service(rig, w.victim.token, "theirs").code, 0);
	assert_false(holds(rig, one, w.incident, "I0"));
	assert_true(holds(rig, one, w.incident, "I1"));
	assert_false(holds(rig, one, w.incident, "I2"));
	assert_true(holds(rig, one, w.incident, "I3"));
	assert_false(holds(rig, one, w.incident, "I4"));
	cut(rig, &w);
	assert_true(holds(rig, one, w.incident, "I2"));
	assert_true(holds(rig, one, w.incident, "I4"));
	/* They are back at the door, and are not let in; it rings. */
	assert_int_equal(
	    make_service(rig, w.victim.token, "again").code, E_UNAUTHENTICATED);
	assert_int_equal(
	    rig_leaf(rig, &rig->arena, rig_last(rig))->op, OP_ALERT_RAISE);
	assert_true(holds(rig, one, w.incident, "I4"));
	assert_true(holds(rig, one, w.incident, "I5"));
	assert_true(holds(rig, one, w.incident, "I6"));
}

/* An ending is undone behind the server's back. */
static void
test_a_revived_session(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const char *one = w.one.token;

	assert_int_equal(seed(rig, one, w.incident, w.stolen, 0), 0);
	cut(rig, &w);
	assert_true(holds(rig, one, w.incident, "I2"));
	from_outside("UPDATE session SET ended = 0 WHERE id = %" PRIu64,
	    rig_ref(rig, w.stolen));
	assert_false(holds(rig, one, w.incident, "I2"));
	/* And is used: */
	rig_stop(rig);
	assert_int_equal(rig_open(rig), 0);
	assert_int_equal(make_service(rig, w.victim.token, "again").code, 0);
	assert_false(holds(rig, one, w.incident, "I4"));
}

/* A right that no record gave. */
static void
test_a_row_from_outside(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const char *one = w.one.token;

	assert_int_equal(seed(rig, one, w.incident, w.stolen, 0), 0);
	cut(rig, &w);
	assert_true(holds(rig, one, w.incident, "I1"));
	from_outside("INSERT INTO tuple (id, object_kind, object, relation,"
		     " subject_kind, subject, subject_relation, expires,"
		     " created, ended) VALUES (%" PRIu64 ", 1, %" PRIu64
		     ", 5, 2, %" PRIu64 ", 0, 0, 0, 0)",
	    ref_make(rig_last(rig), 7), ref_make(1, 0), rig_ref(rig, w.bob.id));
	assert_false(holds(rig, one, w.incident, "I1"));
	assert_true(holds(rig, one, w.incident, "I2"));
}

/* Where all rests on what is compromised nothing is proved. */
static void
test_nothing_is_proved_of_the_installation(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);

	assert_int_equal(seed(rig, w.one.token, w.incident,
			     session_of(rig, rig->token), now(rig)),
	    0);
	assert_false(holds(rig, w.one.token, w.incident, "I5"));
}

/* ---- the same for ever
 * ------------------------------------------------------------------ */

static void
test_the_same_for_ever(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	const struct incident_closure *first, *again;
	struct digest digest;
	struct answer a;
	uint64_t at;

	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	assert_int_equal(make_service(rig, w.victim.token, "theirs").code, 0);
	first = see(rig, w.one.token, w.incident);
	at = first->at;
	memcpy(digest.b, first->digest.p, sizeof(digest.b));
	/* More of it comes, */
	assert_int_equal(make_service(rig, w.victim.token, "more").code, 0);
	again = see(rig, w.one.token, w.incident);
	assert_memory_not_equal(again->digest.p, digest.b, sizeof(digest.b));
	/* and the index is lost: */
	rig_stop(rig);
	(void)unlink(INDEX_DATABASE);
	(void)unlink(INDEX_DATABASE "-wal");
	(void)unlink(INDEX_DATABASE "-shm");
	assert_int_equal(rig_open(rig), 0);
	a = scope(rig, w.one.token, w.incident, at);
	assert_int_equal(a.code, 0);
	again = a.result;
	assert_memory_equal(again->digest.p, digest.b, sizeof(digest.b));
}

/* ---- what was done and read
 * ---------------------------------------------------------------- */

static void
test_acts(void **state)
{
	struct rig *rig = *state;
	struct world w = make_world(rig);
	struct incident_acts args = {
	    .has_incident = true, .incident = w.incident};
	const struct incident_act_page *page;
	bool made = false, read = false;
	struct answer a;

	assert_int_equal(seed(rig, w.one.token, w.incident, w.stolen, 0), 0);
	assert_int_equal(make_service(rig, w.victim.token, "theirs").code, 0);
	(void)session_of(rig, w.victim.token);
	a = rig_do(rig, &rig->arena, OP_INCIDENT_ACTS, w.one.token, &args);
	assert_int_equal(a.code, 0);
	page = a.result;
	for (size_t i = 0; i < page->list.n; i++)
		made |= slice_eq(
		    page->list.v[i].operation, SLICE("principal.create"));
	assert_true(made);
	SHAPE_SET(&args, reads, true);
	a = rig_do(rig, &rig->arena, OP_INCIDENT_ACTS, w.one.token, &args);
	assert_int_equal(a.code, 0);
	page = a.result;
	for (size_t i = 0; i < page->list.n; i++) {
		assert_false(slice_eq(
		    page->list.v[i].operation, SLICE("principal.create")));
		assert_int_equal(page->list.v[i].by.n, w.victim.id.n);
		read |=
		    slice_eq(page->list.v[i].operation, SLICE("session.get"));
	}
	assert_true(read);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    RIG_TEST(test_what_a_session_made),
	    RIG_TEST(test_what_it_registered),
	    RIG_TEST(test_what_a_credential_opened),
	    RIG_TEST(test_addresses_tell_them_apart),
	    RIG_TEST(test_what_its_right_allowed),
	    RIG_TEST(test_what_was_copied),
	    RIG_TEST(test_the_installation_itself),
	    RIG_TEST(test_who_may_look),
	    RIG_TEST(test_bad_seeds),
	    RIG_TEST(test_contain),
	    RIG_TEST(test_evict),
	    RIG_TEST(test_suspects_cut_nothing),
	    RIG_TEST(test_spare),
	    RIG_TEST(test_certificate),
	    RIG_TEST(test_a_revived_session),
	    RIG_TEST(test_a_row_from_outside),
	    RIG_TEST(test_nothing_is_proved_of_the_installation),
	    RIG_TEST(test_the_same_for_ever),
	    RIG_TEST(test_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
