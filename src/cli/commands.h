/* Every command there is. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct command command_import, command_ls, command_get,
    command_put, command_mkdir, command_rm, command_mv, command_cp,
    command_versions, command_version_name, command_restore, command_trash,
    command_search, command_shared, command_activity, command_quota,
    command_quota_set, command_export;
extern const struct command command_log_tail, command_log_search,
    command_log_show, command_log_prove, command_log_verify, command_log_export,
    command_log_mirror, command_lineage;
extern const struct command command_why, command_who_can, command_authority,
    command_principal_create, command_principal_list, command_principal_end,
    command_token_issue, command_token_list, command_token_revoke,
    command_share_grant, command_share_list, command_share_revoke, command_link,
    command_links, command_role_grant, command_role_list, command_role_revoke,
    command_erase, command_invite, command_suspend, command_resume;
extern const struct command command_approval_list, command_approval_give,
    command_approval_refuse, command_recover, command_exception_add,
    command_exception_list, command_exception_end;
extern const struct command command_canary_list, command_canary_plant,
    command_canary_end;
extern const struct command command_incident_open, command_incident_list,
    command_incident_seed, command_incident_scope, command_incident_acts,
    command_incident_spare, command_incident_contain, command_incident_propose,
    command_incident_evict, command_incident_revert, command_incident_certify,
    command_incident_close;
extern const struct command command_people, command_person_add,
    command_person_rename, command_person_move, command_person_end,
    command_principal_rename, command_principal_move;
extern const struct command command_group_add, command_group_list,
    command_group_members, command_group_join, command_group_leave,
    command_group_rename, command_group_move, command_group_end;
extern const struct command command_unit_add, command_unit_list,
    command_unit_rename, command_unit_end;
extern const struct command command_app_grant, command_app_list,
    command_app_revoke;
extern const struct command command_login, command_logout;
extern const struct command command_status, command_bar, command_doctor,
    command_config_check, command_api, command_completion, command_help;

/* Of the host's administrator: another program's (cmd_host.c). */
extern const struct command command_host_check, command_host_backup,
    command_host_restore, command_host_rekey, command_host_clock;

#endif
