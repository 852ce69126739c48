/* chancery completion bash: from the tables of commands and operations. */
#include "cli/commands.h"
#include "op/op.h"
#include "op/words.h"

static const char head[] =
    "# Completion of chancery for bash. To use it:\n"
    "#	source <(chancery completion bash)\n"
    "_chancery()\n"
    "{\n"
    "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "	local i word name= words= skip=\n"
    "	for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "		word=${COMP_WORDS[i]}\n"
    "		if [[ $skip ]]; then skip=; continue; fi\n"
    "		case $word in\n"
    "		--state|--url|--token-file|--ca) skip=1 ;;\n"
    "		-*) ;;\n"
    "		*)	[[ $name == *' '* ]] || name=${name:+$name }$word ;;\n"
    "		esac\n"
    "	done\n";

static const char tail[] =
    "	esac\n"
    "	if [[ $cur != -* && ! $words ]]; then\n"
    "		COMPREPLY=($(compgen -f -- \"$cur\"))\n"
    "	else\n"
    "		COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
    "	fi\n"
    "}\n"
    "complete -o filenames -F _chancery chancery\n";

static void
put_options(const struct command *command)
{
	for (size_t i = 0; i < command->n_args; i++)
		(void)printf(" --%s", command->args[i].name);
	/* Another program's have options of their own. */
	if (command->forward != NULL) {
		(void)printf(" --state --quiet --help");
		return;
	}
	for (size_t i = 0; i < cli_common_args_n; i++)
		(void)printf(" --%s", cli_common_args[i].name);
}

/* True where a command before it has the same first word. */
static bool
was_named(size_t group, size_t at, size_t n)
{
	const char *name = command_groups[group].commands[at]->name;

	for (size_t g = 0; g <= group; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const char *other = command_groups[g].commands[i]->name;

			if (g == group && i == at)
				return false;
			if (strcspn(other, " ") == n &&
			    strncmp(other, name, n) == 0)
				return true;
		}
	return false;
}

/* The first words of all commands, each once. */
static void
put_first_words(void)
{
	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const char *name = command_groups[g].commands[i]->name;
			size_t n = strcspn(name, " ");

			if (!was_named(g, i, n))
				(void)printf(" %.*s", (int)n, name);
		}
}

/* What may stand behind "log" and the like. */
static void
put_second_words(const char *first, size_t n)
{
	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const char *name = command_groups[g].commands[i]->name;

			if (strncmp(name, first, n) == 0 && name[n] == ' ')
				(void)printf(" %s", name + n + 1);
		}
}

static void
put_operations(bool callable)
{
	const struct op *op = NULL;

	while ((op = op_next(op)) != NULL)
		if (!callable ||
		    (op->effect != OP_SYSTEM && !op_opens_stream(op)))
			(void)printf(" %s", op->name);
}

static void
put_word_list(enum words which)
{
	const struct word_list *list = words_list(which);

	for (size_t i = 0; i < list->n; i++)
		(void)printf(" %s", list->words[i].text);
}

static void
put_values(void)
{
	(void)printf("	case $prev in\n"
		     "	--operation) COMPREPLY=($(compgen -W \"");
	put_operations(false);
	(void)printf("\" -- \"$cur\")); return ;;\n"
		     "	--outcome) COMPREPLY=($(compgen -W \"");
	put_word_list(WORDS_OUTCOME);
	(void)printf("\" -- \"$cur\")); return ;;\n"
		     "	--state|--token-file|--ca|--out|--key|--since) "
		     "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
		     "	esac\n");
}

static void
put_case(const struct command *command)
{
	(void)printf(
	    "	'%s'*) if [[ $cur == -* ]]; then words=\"", command->name);
	put_options(command);
	(void)printf("\"; fi");
	if (command == &command_api) {
		(void)printf("; [[ $cur == -* ]] || words=\"");
		put_operations(true);
		(void)printf("\"");
	} else if (command == &command_completion) {
		(void)printf("; [[ $cur == -* ]] || words=bash");
	} else if (command == &command_help) {
		(void)printf("; [[ $cur == -* ]] || words=\"");
		put_first_words();
		(void)printf("\"");
	}
	(void)printf(" ;;\n");
}

static int
run(struct cli *cli, int n UNUSED, char **operands)
{
	if (strcmp(operands[0], "bash") != 0)
		return cli_fail(
		    cli, CLI_USAGE, "there is completion for bash only");
	(void)fputs(head, stdout);
	put_values();
	(void)printf("	case $name in\n	'') words=\"");
	put_first_words();
	(void)printf(" --state --url --token-file --ca --help "
		     "--version\" ;;\n");
	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const struct command *c = command_groups[g].commands[i];
			size_t first = strcspn(c->name, " ");

			if (c->name[first] == '\0')
				continue;
			if (was_named(g, i, first))
				continue;
			(void)printf("	'%.*s') words=\"", (int)first, c->name);
			put_second_words(c->name, first);
			(void)printf("\" ;;\n");
		}
	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++)
			put_case(command_groups[g].commands[i]);
	(void)fputs(tail, stdout);
	return CLI_OK;
}

const struct command command_completion = {
    .name = "completion",
    .operands = "bash",
    .summary = "print a script that completes commands in a shell",
    .text = "For bash:\n"
	    "\n"
	    "  source <(chancery completion bash)\n",
    .min = 1,
    .max = 1,
    .run = run,
};
