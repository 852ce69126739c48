/* The overview, and the help of a command, from the tables. */
#include "cli/cli.h"

enum { NAME_COLUMNS = 18, LINE_COLUMNS = 78 };

void
help_overview(FILE *file)
{
	(void)fputs(
	    "chancery: the command line of a Chancery server\n"
	    "\n"
	    "usage: chancery [--state FOLDER | --url URL --token-file FILE] "
	    "COMMAND ...\n",
	    file);
	for (size_t g = 0; g < command_groups_n; g++) {
		const struct command_group *group = &command_groups[g];

		(void)fprintf(file, "\n%s\n", group->title);
		for (size_t i = 0; i < group->n; i++)
			(void)fprintf(file, "  %-*s %s\n", NAME_COLUMNS,
			    group->commands[i]->name,
			    group->commands[i]->summary);
	}
	(void)fputs(
	    "\n"
	    "`chancery help COMMAND` says more of one. A server on this "
	    "machine is found by\n"
	    "its state folder, ./" SERVER_STATE
	    " unless --state says another; for one elsewhere give\n"
	    "--url and --token-file (or set CHANCERY_URL and "
	    "CHANCERY_TOKEN_FILE).\n"
	    "\n"
	    "Exit status: 0 done; 1 refused, or a check failed; 2 called "
	    "wrongly; 3 no server\n"
	    "reached.\n",
	    file);
}

/* Text from a column on, broken at spaces. */
static void
put_wrapped(FILE *file, const char *text, size_t column)
{
	size_t at = column;

	while (*text != '\0') {
		size_t n = strcspn(text, " ");

		if (at > column && at + 1 + n > LINE_COLUMNS) {
			(void)fprintf(file, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			(void)fputc(' ', file);
			at++;
		}
		(void)fprintf(file, "%.*s", (int)n, text);
		at += n;
		text += n;
		text += strspn(text, " ");
	}
	(void)fputc('\n', file);
}

static void
put_args(FILE *file, const struct arg *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char head[80], letter[8] = "    ";
		size_t column = 26;
		int length;

		if (args[i].letter != 0)
			(void)snprintf(
			    letter, sizeof(letter), "-%c, ", args[i].letter);
		length = snprintf(head, sizeof(head), "  %s--%s%s%s", letter,
		    args[i].name, args[i].value != NULL ? " " : "",
		    args[i].value != NULL ? args[i].value : "");
		(void)fprintf(file, "%-*s", (int)column, head);
		if ((size_t)length + 1 > column)
			(void)fprintf(file, "\n%*s", (int)column, "");
		put_wrapped(file, args[i].doc, column);
	}
}

void
help_command(FILE *file, const struct command *command)
{
	(void)fprintf(file, "chancery %s: %s\n\nusage: chancery %s%s%s%s\n",
	    command->name, command->summary, command->name,
	    command->n_args > 0 ? " [options]" : "",
	    command->operands[0] != '\0' ? " " : "", command->operands);
	if (command->text != NULL)
		(void)fprintf(file, "\n%s", command->text);
	if (command->n_args > 0) {
		(void)fputs("\nOptions\n", file);
		put_args(file, command->args, command->n_args);
	}
	(void)fputs("\nOptions of every command\n", file);
	put_args(file, cli_common_args, cli_common_args_n);
}

bool
help_prefix(FILE *file, const char *word)
{
	size_t n = strlen(word);
	bool found = false;

	for (size_t g = 0; g < command_groups_n; g++)
		for (size_t i = 0; i < command_groups[g].n; i++) {
			const struct command *c = command_groups[g].commands[i];

			if (strncmp(c->name, word, n) != 0 || c->name[n] != ' ')
				continue;
			if (!found)
				(void)fprintf(file,
				    "chancery %s: it goes on with one of\n",
				    word);
			found = true;
			(void)fprintf(file, "  %-*s %s\n", NAME_COLUMNS,
			    c->name, c->summary);
		}
	return found;
}
