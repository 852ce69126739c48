/* The web app's pack: found, checked, and kept as sealed memory for the fronts.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "parent/parent.h"
#include "wire/pack.h"

#define PACK_FILE "web.pack"

/* By a throw-away process: a reader that trips brings nobody down. */
static int
check(struct slice bytes)
{
	struct arena arena = {.chunk = NULL};
	struct pack pack;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-pack_read(bytes, &arena, &pack));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return E_IO;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : E_SYNTAX;
}

/* A configured one must be there; beside the programs there may be none. */
static int
read_pack(const char *path, bool configured, struct buf *bytes)
{
	int r = file_read(AT_FDCWD, path, bytes);

	if (r == E_NOT_FOUND && !configured)
		return 0;
	return r < 0 ? r : check(buf_slice(bytes));
}

int
assets_load(const struct parent *parent, const struct config *config,
    int *ret_fd, char ret_problem[ASSETS_PROBLEM_MAX])
{
	bool configured = config->web_app[0] != '\0';
	struct buf bytes = BUF(PACK_BYTES_MAX);
	char path[CONFIG_TEXT_MAX + sizeof(PACK_FILE) + 1];
	int r = 0;

	if (configured)
		(void)snprintf(path, sizeof(path), "%s", config->web_app);
	else
		(void)snprintf(
		    path, sizeof(path), "%s/" PACK_FILE, parent->programs);
	if (strcmp(path, "none") != 0)
		r = read_pack(path, configured, &bytes);
	if (r == 0)
		r = state_seal("assets", buf_slice(&bytes), ret_fd);
	buf_free(&bytes);
	if (r < 0)
		(void)snprintf(ret_problem, ASSETS_PROBLEM_MAX,
		    "web_app: %.200s: %s", path, error_text(r));
	return r;
}
