/*
 * The parts of `chancery doctor`: each check prints lines that say "ok", "warn"
 * or "FAIL", and what to do.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "ipc/config.h"

enum doctor_level { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor {
	struct cli *cli;
	const char *state;
	bool has_state;
	struct config config; /* the defaults, where there is none yet */
	struct server_run run;
	bool is_running;
	unsigned warnings, failures;
};

void doctor_say(struct doctor *doctor, enum doctor_level level,
    const char *topic, const char *format, ...) PRINTF_LIKE(4, 5);

/* doctor_host.c: what is true of this machine. */
void doctor_sandbox(struct doctor *doctor);
void doctor_disk(struct doctor *doctor);
void doctor_documents(struct doctor *doctor);
void doctor_clock(struct doctor *doctor);
void doctor_ports(struct doctor *doctor);

/* doctor_name.c: what clients will see. */
void doctor_hostname(struct doctor *doctor);
void doctor_certificate(struct doctor *doctor);

/* doctor_passkey.c: whether browsers offer passkeys there. */
bool doctor_is_address(const char *name);
void doctor_passkeys(struct doctor *doctor);

#endif
