/*
 * The configuration: one commented file of "key = value" lines, every key a row
 * of config.def. An unknown key is refused by its name, with its line.
 */
#ifndef IPC_CONFIG_H
#define IPC_CONFIG_H

#include "base/buf.h"
#include "base/slice.h"

enum config_key {
#define CONFIG(name, type, default, min, max, reload, doc) CONFIG_##name,
#include "ipc/config.def"
#undef CONFIG
	CONFIG_MAX,
};

enum { CONFIG_TEXT_MAX = 4096 };

#define CONFIG_MEMBER_TEXT(name) char name[CONFIG_TEXT_MAX + 1];
#define CONFIG_MEMBER_NUMBER(name) uint64_t name;
#define CONFIG_MEMBER_BYTES(name) uint64_t name;
#define CONFIG_MEMBER_SECONDS(name) uint64_t name;
#define CONFIG_MEMBER_LIMIT(name) uint64_t name;

struct config {
#define CONFIG(name, type, default, min, max, reload, doc) \
	CONFIG_MEMBER_##type(name)
#include "ipc/config.def"
#undef CONFIG
};

struct config_problem {
	unsigned line; /* 0: of the file as a whole */
	char text[256];
};

/* All defaults. */
void config_default(struct config *ret_config);

/*
 * Reads a file's text over the defaults. E_CONFIG, with what is wrong and
 * where, and ret_config as it was.
 */
int config_parse(struct slice text, struct config *ret_config,
    struct config_problem *reterr_problem);

/* The file with all defaults, commented out, each with what it does. */
void config_put_template(struct buf *buf);

/* For another process of the same build. */
void config_encode(const struct config *config, struct buf *buf);
int config_decode(struct slice in, struct config *ret_config);

/*
 * The name of the first key that differs and that only a restart takes on, or
 * NULL.
 */
const char *
config_needs_restart(const struct config *old, const struct config *new);

/* ---- limits: how often each was met in this process -----------------------
 */

void limit_met(enum config_key key);
uint64_t limit_count(enum config_key key);

/* True where that key bounds what somebody may take. */
bool config_is_limit(enum config_key key);
const char *config_name(enum config_key key);

/* True where the host name is localhost: plain HTTP on loopback is open then.
 */
bool config_is_local(const struct config *config);

#endif
