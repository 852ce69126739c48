#include "cli/commands.h"

static const struct command *const files[] = {&command_import, &command_ls,
    &command_get, &command_put, &command_mkdir, &command_mv, &command_cp,
    &command_rm, &command_trash, &command_restore, &command_versions,
    &command_version_name, &command_search, &command_shared, &command_activity,
    &command_quota, &command_quota_set, &command_export};

static const struct command *const logs[] = {&command_log_tail,
    &command_log_search, &command_log_show, &command_log_prove,
    &command_log_verify, &command_log_export, &command_log_mirror,
    &command_lineage};

static const struct command *const access[] = {&command_login, &command_logout,
    &command_why, &command_who_can, &command_authority, &command_share_grant,
    &command_share_list, &command_share_revoke, &command_link, &command_links,
    &command_role_grant, &command_role_list, &command_role_revoke,
    &command_app_grant, &command_app_list, &command_app_revoke,
    &command_approval_list, &command_approval_give, &command_approval_refuse,
    &command_exception_add, &command_exception_list, &command_exception_end,
    &command_canary_list, &command_canary_plant, &command_canary_end};

static const struct command *const incidents[] = {&command_incident_open,
    &command_incident_list, &command_incident_seed, &command_incident_scope,
    &command_incident_acts, &command_incident_contain, &command_incident_spare,
    &command_incident_propose, &command_incident_evict,
    &command_incident_revert, &command_incident_certify,
    &command_incident_close};

static const struct command *const people[] = {&command_people, &command_invite,
    &command_recover, &command_person_add, &command_person_rename,
    &command_person_move, &command_person_end, &command_suspend,
    &command_resume, &command_erase, &command_group_add, &command_group_list,
    &command_group_members, &command_group_join, &command_group_leave,
    &command_group_rename, &command_group_move, &command_group_end,
    &command_unit_add, &command_unit_list, &command_unit_rename,
    &command_unit_end, &command_principal_create, &command_principal_list,
    &command_principal_rename, &command_principal_move, &command_principal_end,
    &command_token_issue, &command_token_list, &command_token_revoke};

static const struct command *const server[] = {&command_status, &command_bar,
    &command_doctor, &command_config_check, &command_api, &command_completion,
    &command_help};

static const struct command *const host[] = {&command_host_check,
    &command_host_backup, &command_host_restore, &command_host_rekey,
    &command_host_clock};

const struct command_group command_groups[] = {
    {"Files", files, ARRAY_SIZE(files)},
    {"The log", logs, ARRAY_SIZE(logs)},
    {"Who may what", access, ARRAY_SIZE(access)},
    {"Incidents", incidents, ARRAY_SIZE(incidents)},
    {"People, groups, units, services", people, ARRAY_SIZE(people)},
    {"The server", server, ARRAY_SIZE(server)},
    {"The host (root, or who runs the server)", host, ARRAY_SIZE(host)},
};
const size_t command_groups_n = ARRAY_SIZE(command_groups);

/* How many words of a name are the first ones of words; 0: not all of them. */
static int
match(const char *name, int n, char **words)
{
	int i = 0;

	for (;;) {
		size_t length = strcspn(name, " ");

		if (i == n || strlen(words[i]) != length ||
		    strncmp(name, words[i], length) != 0)
			return 0;
		i++;
		if (name[length] == '\0')
			return i;
		name += length + 1;
	}
}

const struct command *
command_find(int n, char **words, int *ret_words)
{
	const struct command *best = NULL;
	int most = 0;

	/* The longest name: "quota set" is not "quota" of "set". */
	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const struct command *c = command_groups[g].commands[i];
			int matched = match(c->name, n, words);

			if (matched > most) {
				most = matched;
				best = c;
			}
		}
	if (best != NULL)
		*ret_words = most;
	return best;
}

/* ---- help ------------------------------------------------------------------
 */

static int
run_help(struct cli *cli, int n, char **operands)
{
	const struct command *command;
	int words;

	if (n == 0) {
		help_overview(stdout);
		return CLI_OK;
	}
	command = command_find(n, operands, &words);
	if (command != NULL && words == n && command->forward != NULL) {
		static char option[] = "--help";
		char *argv[] = {operands[0], option};

		return command->forward(cli, 2, argv);
	}
	if (command != NULL && words == n) {
		help_command(stdout, command);
		return CLI_OK;
	}
	if (n == 1 && help_prefix(stdout, operands[0]))
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE,
	    "there is no command '%s'; chancery help lists all", operands[0]);
}

const struct command command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .summary = "show what a command does, and its options",
    .max = 2,
    .run = run_help,
};
