#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "parent/parent.h"
#include "wire/json.h"

enum { CONFIG_FILE_MAX = 1 << 20, CERTIFICATE_MAX = 1 << 20 };

#define TOKEN_FILE "token"
#define RUN_FILE "run.json"

/* ---- the configuration file
 * --------------------------------------------------- */

/* Asks on the terminal; an empty answer is the default. */
static void
ask_hostname(char name[256])
{
	char line[256];

	(void)printf(
	    "The public host name of this server. Passkeys will bind to it,\n"
	    "so choose the one that people will use.\n"
	    "Host name [localhost]: ");
	(void)fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return;
	line[strcspn(line, "\r\n")] = '\0';
	if (line[0] != '\0')
		(void)snprintf(name, 256, "%s", line);
}

static int
write_config(struct parent *parent, const char *hostname)
{
	struct buf text = BUF(CONFIG_FILE_MAX);
	char name[256] = "localhost";
	int r;

	if (hostname != NULL)
		(void)snprintf(name, sizeof(name), "%s", hostname);
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		ask_hostname(name);
	config_put_template(&text);
	buf_printf(&text, "\nhostname = %s\n", name);
	r = text.error;
	if (r == 0)
		r = file_replace(
		    AT_FDCWD, parent->config_path, 0644, buf_slice(&text));
	buf_free(&text);
	return r;
}

static int
read_config(struct parent *parent, const char *hostname)
{
	struct buf text = BUF(CONFIG_FILE_MAX);
	struct config_problem problem;
	int r = file_read(AT_FDCWD, parent->config_path, &text);

	if (r == E_NOT_FOUND) {
		r = write_config(parent, hostname);
		if (r == 0)
			r = file_read(AT_FDCWD, parent->config_path, &text);
	}
	if (r == 0) {
		r = config_parse(buf_slice(&text), &parent->config, &problem);
		if (r < 0)
			(void)fprintf(stderr, "%s:%u: %s\n",
			    parent->config_path, problem.line, problem.text);
	} else {
		(void)fprintf(
		    stderr, "%s: %s\n", parent->config_path, error_text(r));
	}
	buf_free(&text);
	return r;
}

/* ---- folders
 * --------------------------------------------------------------------- */

int
state_open(struct parent *parent, const char *hostname)
{
	char path[4096];
	int r;

	if (mkdir(parent->state, 0700) < 0 && errno != EEXIST) {
		(void)fprintf(stderr, "%s: can't be made: %s\n", parent->state,
		    strerror(errno));
		return E_IO;
	}
	r = file_open(AT_FDCWD, parent->state, O_RDONLY | O_DIRECTORY, 0,
	    &parent->state_fd);
	if (r < 0) {
		(void)fprintf(stderr, "%s: %s\n", parent->state, error_text(r));
		return r;
	}
	if (parent->config_path == NULL) {
		(void)snprintf(
		    path, sizeof(path), "%s/chancery.conf", parent->state);
		parent->config_path = mem_str(slice_str(path));
		if (parent->config_path == NULL)
			return E_NOMEM;
	}
	return read_config(parent, hostname);
}

int
state_role_folder(struct parent *parent, enum role role, int *ret_fd)
{
	uid_t uid = (uid_t)role_uid(role);
	int r;

	if ((r = file_mkdir(parent->state_fd, role_name(role), 0700)) < 0 ||
	    (r = file_open(parent->state_fd, role_name(role),
		 O_RDONLY | O_DIRECTORY, 0, ret_fd)) < 0)
		return r;
	if (geteuid() == 0 && fchown(*ret_fd, uid, uid) < 0) {
		fd_close(ret_fd);
		return E_IO;
	}
	return 0;
}

/* ---- the certificate
 * ---------------------------------------------------------------- */

static int
read_certificate(struct parent *parent, struct buf *text)
{
	char path[4200];

	if (parent->config.tls_certificate[0] != '\0')
		return file_read(
		    AT_FDCWD, parent->config.tls_certificate, text);
	(void)snprintf(
	    path, sizeof(path), "%s/tls.crt", role_name(ROLE_KEEPER));
	return file_read(parent->state_fd, path, text);
}

int
state_seal(const char *name, struct slice content, int *ret_fd)
{
	const int seals =
	    F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || file_write(fd, content) < 0 ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0) {
		fd_close(&fd);
		return E_IO;
	}
	*ret_fd = fd;
	return 0;
}

int
state_certificate(struct parent *parent)
{
	struct buf text = BUF(CERTIFICATE_MAX);
	int r;

	if (parent->certificate >= 0)
		return 0;
	r = read_certificate(parent, &text);
	if (r == 0)
		r = state_seal(
		    "certificate", buf_slice(&text), &parent->certificate);
	buf_free(&text);
	if (r < 0)
		log_error("parent.certificate", log_err(r));
	return r;
}

/* ---- where it serves
 * ------------------------------------------------------------------ */

/* Core left the ceremony's token in its folder: it belongs to who installs. */
static bool
take_token(struct parent *parent)
{
	struct stat st;
	char from[300];

	(void)snprintf(
	    from, sizeof(from), "%s/" TOKEN_FILE, role_name(ROLE_CORE));
	if (renameat(parent->state_fd, from, parent->state_fd, TOKEN_FILE) < 0)
		return false;
	if (geteuid() == 0 &&
	    (fstat(parent->state_fd, &st) < 0 ||
		fchownat(parent->state_fd, TOKEN_FILE, st.st_uid, st.st_gid,
		    AT_SYMLINK_NOFOLLOW) < 0))
		log_warn("parent.token", log_str(K_PATH, TOKEN_FILE),
		    log_int(K_CODE, errno));
	return true;
}

static void
write_run_file(struct parent *parent)
{
	struct buf text = BUF(4096);
	struct json_writer w = json_writer(&text);

	json_open_object(&w);
	json_member_u64(&w, "pid", (uint64_t)getpid());
	json_member_str(&w, "hostname", parent->config.hostname);
	json_member_u64(&w, "https", parent->https_port);
	if (config_is_local(&parent->config))
		json_member_u64(&w, "http", parent->http_port);
	json_close_object(&w);
	buf_put_u8(&text, '\n');
	if (text.error != 0 || file_replace_unsynced(parent->state_fd, RUN_FILE,
				   0600, buf_slice(&text)) < 0)
		log_warn("parent.run_file", log_str(K_PATH, RUN_FILE));
	buf_free(&text);
}

/*
 * Where it goes on. To somebody at a terminal the link brings the token along,
 * behind "#", which no server is told; a file that takes this down has none.
 */
static void
print_setup(const struct parent *parent)
{
	bool local = config_is_local(&parent->config);
	struct buf token = BUF_SECRET(256);

	(void)printf("  Go on at %s://%s:%u/setup", local ? "http" : "https",
	    parent->config.hostname,
	    (unsigned)(local ? parent->http_port : parent->https_port));
	if (isatty(STDOUT_FILENO) &&
	    file_read(parent->state_fd, TOKEN_FILE, &token) == 0)
		(void)printf("#%.*s", SLICE_ARG(slice_trim(buf_slice(&token))));
	(void)printf("\n  It makes the first administrator, you.\n");
	buf_free(&token);
}

void
state_announce(struct parent *parent)
{
	const char *name = parent->config.hostname;
	bool installed = take_token(parent);

	write_run_file(parent);
	(void)printf("\nChancery is ready.\n");
	if (config_is_local(&parent->config))
		(void)printf(
		    "  open     http://localhost:%u\n", parent->http_port);
	(void)printf("  %s https://%s:%u\n",
	    config_is_local(&parent->config) ? "or      " : "open    ", name,
	    parent->https_port);
	(void)printf("  state    %s\n", parent->state);
	if (installed) {
		(void)printf(
		    "  The token of this installation is in %s/" TOKEN_FILE
		    ".\n",
		    parent->state);
		print_setup(parent);
	}
	(void)printf("Ctrl-C stops it.\n\n");
	(void)fflush(stdout);
}
