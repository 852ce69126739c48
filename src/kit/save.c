/*
 * Saving: a process forked off the kit writes the document as it is at that
 * moment, while the kit goes on. It shares the kit's sandbox and folder; the
 * file that it writes into came as a descriptor from core.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/sandbox.h"
#include "kit/kit_private.h"

enum { COPY_BYTES = 1 << 18 };

/* One that is under way. */
struct save {
	struct kit *kit;
	struct loop_watch watch;
	struct loop_task release;
	uint64_t id, view, edits;
	unsigned format;
	bool printed;
	pid_t pid;
};

struct outcome {
	int code;
	uint64_t size;
};

static void
tell_view(struct save *save, int code)
{
	struct kit *kit = save->kit;
	struct view *view = kit_view(kit, save->view);

	if (view == NULL)
		return;
	if (save->printed)
		frame_put_printed(&kit->frame,
		    &(struct frame_printed){
			.save = (uint32_t)save->id, .code = (uint32_t)-code});
	else
		frame_put_exported(&kit->frame,
		    &(struct frame_exported){
			.save = (uint32_t)save->id, .code = (uint32_t)-code});
	view_send(view);
}

static void
tell_core(struct kit *kit, uint64_t id, const struct outcome *outcome)
{
	body_put_doc_saved(
	    &kit->out, &(struct body_doc_saved){
			   .code = outcome->code, .size = outcome->size});
	kit_to_core(kit, MSG_DOC_SAVED, id);
}

/* What the engine writes, before it is copied. */
static void
path_of(const struct save *save, char ret_path[JAIL_PATH_MAX])
{
	(void)snprintf(ret_path, JAIL_PATH_MAX, "%.*s/saved-%llu.%s",
	    JAIL_PATH_MAX - 64, save->kit->home, (unsigned long long)save->id,
	    format_row(save->format)->extension);
}

static void
on_release(void *arg)
{
	mem_free(arg);
}

/* The other process has said how it went, or is gone without. */
static void
on_done(void *arg, uint32_t events UNUSED)
{
	struct save *save = arg;
	struct kit *kit = save->kit;
	struct outcome outcome;
	char path[JAIL_PATH_MAX];

	if (read(save->watch.fd, &outcome, sizeof(outcome)) !=
	    (ssize_t)sizeof(outcome))
		outcome = (struct outcome){.code = E_TIMEOUT};
	/* One that was ended left what it had. */
	path_of(save, path);
	(void)unlink(path);
	loop_unwatch(kit->loop, &save->watch);
	fd_close(&save->watch.fd);
	while (waitpid(save->pid, NULL, 0) < 0 && errno == EINTR)
		;
	tell_core(kit, save->id, &outcome);
	if (save->view != 0)
		tell_view(save, outcome.code);
	if (outcome.code == 0 && save->format == kit->start->format)
		kit_saved(kit, save->edits);
	kit->n_saves--;
	loop_defer(kit->loop, &save->release);
}

/* ---- in the process that saves ------------------------------------------ */

static int
copy_out(const char *path, int to, const struct format_row *format,
    uint64_t *ret_size)
{
	AUTO_CLOSE int from = -1;
	AUTO_FREE uint8_t *bytes = mem_alloc(COPY_BYTES);
	uint64_t size = 0;
	ssize_t n;
	int r = file_open(AT_FDCWD, path, O_RDONLY, 0, &from);

	if (bytes == NULL)
		return E_NOMEM;
	while (r == 0 && (n = read(from, bytes, COPY_BYTES)) != 0) {
		if (n < 0)
			return E_IO;
		if (size == 0 &&
		    !slice_starts(slice_of(bytes, (size_t)n), format->begins))
			return E_IO;
		r = file_write(to, slice_of(bytes, (size_t)n));
		size += (uint64_t)n;
	}
	if (r == 0 && size == 0)
		return E_IO;
	*ret_size = size;
	return r;
}

/* The engine may come back to the loop: it must find nothing to do there. */
static NO_RETURN void
write_document(struct save *save, int to, int told)
{
	const struct format_row *format = format_row(save->format);
	struct outcome outcome = {.size = 0};
	struct kit *kit = save->kit;
	char path[JAIL_PATH_MAX];

	kit->state = KIT_ENDING;
	(void)alarm((unsigned)MIN(kit->start->save_seconds, (uint64_t)3600));
	path_of(save, path);
	outcome.code = engine_save(kit->doc, path, format->extension);
	if (outcome.code == 0)
		outcome.code = copy_out(path, to, format, &outcome.size);
	(void)unlink(path);
	(void)!write(told, &outcome, sizeof(outcome));
	_exit(0);
}

/* ---- in the kit --------------------------------------------------------- */

static int
start(struct save *save, int fd)
{
	struct kit *kit = save->kit;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return E_IO;
	/* What the filter knows as this and nothing else. */
	save->pid = (pid_t)syscall(SYS_clone, SANDBOX_SAVE_FLAGS, 0, 0, 0, 0);
	if (save->pid == 0)
		write_document(save, fd, ends[1]);
	fd_close(&ends[1]);
	if (save->pid < 0) {
		fd_close(&ends[0]);
		return E_IO;
	}
	save->watch =
	    (struct loop_watch){.fd = ends[0], .ready = on_done, .arg = save};
	save->release = (struct loop_task){.run = on_release, .arg = save};
	return loop_watch(kit->loop, &save->watch, EPOLLIN);
}

void
save_begin(struct kit *kit, uint64_t id, const struct body_doc_save *in, int fd)
{
	const struct format_row *format = format_row(in->format);
	struct outcome outcome = {.code = 0};
	struct save *save = NULL;

	if (format == NULL || !(format->how & FORMAT_SAVE) ||
	    (format->kind != ENGINE_KIND_NONE && format->kind != kit->kind))
		outcome.code = E_KIND;
	else if (kit->n_saves >= KIT_SAVES_MAX)
		outcome.code = E_BUSY;
	else if ((save = mem_alloc(sizeof(*save))) == NULL)
		outcome.code = E_NOMEM;
	if (save != NULL) {
		/* Whose changes it holds, before what comes after it. */
		for (size_t i = 0; i < kit->n_views; i++)
			view_tell_did(kit->views[i]);
		buf_clear(&kit->out);
		view_put_marks(kit, id);
		kit_to_core(kit, MSG_DOC_SAVING, id);
		*save = (struct save){.kit = kit,
		    .id = id,
		    .view = in->view,
		    .edits = kit->edits,
		    .format = in->format,
		    .printed = in->printed};
		outcome.code = start(save, fd);
		if (outcome.code == 0)
			kit->n_saves++;
		else
			mem_free(save);
	}
	fd_close(&fd);
	if (outcome.code < 0)
		tell_core(kit, id, &outcome);
}
