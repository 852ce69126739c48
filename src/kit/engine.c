#include "kit/engine.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include <fcntl.h>

/* ---- the interface ------------------------------------------------------ */

/*
 * Tables of functions as LibreOfficeKit.h of LibreOffice 7.4 orders them. Both
 * begin with their length in bytes; what later versions added stands behind.
 */
struct lok_doc {
	struct lok_doc_table *table;
};

struct lok {
	struct lok_table *table;
};

typedef void (*lok_callback)(int type, const char *payload, void *arg);
typedef int (*lok_poll)(void *arg, int timeout_us);
typedef void (*lok_wake)(void *arg);
typedef void (*lok_unused)(void);

struct lok_table {
	size_t size;
	lok_unused destroy;
	lok_unused document_load;
	char *(*get_error)(struct lok *);
	struct lok_doc *(*document_load_with_options)(
	    struct lok *, const char *url, const char *options);
	void (*free_error)(char *);
	void (*register_callback)(struct lok *, lok_callback, void *arg);
	lok_unused get_filter_types;
	void (*set_optional_features)(struct lok *, unsigned long long);
	void (*set_document_password)(
	    struct lok *, const char *url, const char *password);
	lok_unused get_version_info;
	lok_unused run_macro;
	lok_unused sign_document;
	void (*run_loop)(struct lok *, lok_poll, lok_wake, void *arg);
};

struct lok_doc_table {
	size_t size;
	lok_unused destroy;
	int (*save_as)(struct lok_doc *, const char *url, const char *format,
	    const char *options);
	int (*get_document_type)(struct lok_doc *);
	int (*get_parts)(struct lok_doc *);
	char *(*get_part_page_rectangles)(struct lok_doc *);
	int (*get_part)(struct lok_doc *);
	void (*set_part)(struct lok_doc *, int part);
	char *(*get_part_name)(struct lok_doc *, int part);
	lok_unused set_part_mode;
	void (*paint_tile)(struct lok_doc *, unsigned char *, int width,
	    int height, int x, int y, int twips_x, int twips_y);
	int (*get_tile_mode)(struct lok_doc *);
	void (*get_document_size)(struct lok_doc *, long *, long *);
	void (*initialize_for_rendering)(struct lok_doc *, const char *json);
	void (*register_callback)(struct lok_doc *, lok_callback, void *arg);
	void (*post_key_event)(struct lok_doc *, int type, int c, int code);
	void (*post_mouse_event)(struct lok_doc *, int type, int x, int y,
	    int count, int buttons, int modifier);
	void (*post_uno_command)(struct lok_doc *, const char *command,
	    const char *json, bool notify);
	void (*set_text_selection)(struct lok_doc *, int type, int x, int y);
	char *(*get_text_selection)(
	    struct lok_doc *, const char *mime, char **used);
	bool (*paste)(
	    struct lok_doc *, const char *mime, const char *data, size_t n);
	lok_unused set_graphic_selection;
	lok_unused reset_selection;
	char *(*get_command_values)(struct lok_doc *, const char *command);
	void (*set_client_zoom)(struct lok_doc *, int pixels_x, int pixels_y,
	    int twips_x, int twips_y);
	void (*set_client_visible_area)(
	    struct lok_doc *, int x, int y, int width, int height);
	int (*create_view)(struct lok_doc *);
	void (*destroy_view)(struct lok_doc *, int view);
	void (*set_view)(struct lok_doc *, int view);
	int (*get_view)(struct lok_doc *);
	lok_unused get_views_count;
	lok_unused render_font;
	lok_unused get_part_hash;
	void (*paint_part_tile)(struct lok_doc *, unsigned char *, int part,
	    int width, int height, int x, int y, int twips_x, int twips_y);
	lok_unused get_view_ids;
	lok_unused set_outline_state;
	lok_unused paint_window;
	lok_unused post_window;
	lok_unused post_window_key_event;
	lok_unused post_window_mouse_event;
	lok_unused set_view_language;
	void (*post_window_ext_text_input)(
	    struct lok_doc *, unsigned window, int type, const char *text);
	lok_unused get_part_info;
	lok_unused paint_window_dpi;
	lok_unused insert_certificate;
	lok_unused add_certificate;
	lok_unused get_signature_state;
	lok_unused render_shape_selection;
	lok_unused post_window_gesture_event;
	lok_unused create_view_with_options;
	lok_unused select_part;
	lok_unused move_selected_parts;
	lok_unused resize_window;
	lok_unused get_clipboard;
	lok_unused set_clipboard;
	lok_unused get_selection_type;
	void (*remove_text_context)(
	    struct lok_doc *, unsigned window, int before, int after);
};

enum {
	LOK_PASSWORD = 1 << 0,
	LOK_PART_IN_STALE = 1 << 2,
	LOK_NO_PAINTED_COMMENTS = 1 << 3,
	LOK_RANGE_HEADERS = 1 << 4,
	LOK_VIEW_IN_CURSOR = 1 << 5,
	LOK_PASSWORD_ASKED = 20,
	LOK_INPUT = 0,
	LOK_INPUT_END = 2,
	LOK_KEY_DOWN = 0,
	LOK_KEY_UP = 1,
	LOK_TILE_BGRA = 1,
	PATH_LEN = 4200,
};

/* ---- finding it --------------------------------------------------------- */

/* Without these an engine can't edit; each belongs to a package of Debian's. */
static const struct {
	const char *file, *package;
} parts[] = {
    {"libmergedlo.so", "libreoffice-core"},
    {"libswuilo.so", "libreoffice-writer"},
    {"libscuilo.so", "libreoffice-calc"},
    {"libsduilo.so", "libreoffice-impress"},
};

static bool
is_there(const char *folder, const char *file)
{
	char path[PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	return access(path, R_OK) == 0;
}

/* Which release it is stands among what it starts with. */
static void
put_version(const char *folder, struct buf *buf)
{
	struct buf text = BUF(1 << 16);
	struct slice left, line, key = SLICE("ProductKey=");
	char path[PATH_LEN];

	(void)snprintf(path, sizeof(path), "%s/bootstraprc", folder);
	if (file_read(AT_FDCWD, path, &text) < 0)
		buf_clear(&text);
	left = buf_slice(&text);
	while (left.n > 0) {
		(void)slice_cut(&left, '\n', &line);
		if (slice_starts(line, key))
			buf_put_slice(
			    buf, slice_first(slice_from(line, key.n), 64));
	}
	buf_free(&text);
}

int
engine_find(
    const char *folder, struct buf *ret_version, struct buf *ret_missing)
{
	size_t before = ret_missing->n;

	if (folder[0] == '\0') {
		buf_put_str(ret_missing,
		    "no engine is configured, so documents can't be edited");
		return E_UNSUPPORTED;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!is_there(folder, parts[i].file))
			buf_printf(ret_missing, "%s%s (package %s)",
			    ret_missing->n > before ? ", " : "", parts[i].file,
			    parts[i].package);
	if (ret_missing->n > before) {
		buf_printf(ret_missing,
		    ": missing in %s. Documents can't be edited without "
		    "LibreOffice; packages whose names end in -nogui can't "
		    "edit",
		    folder);
		return E_UNSUPPORTED;
	}
	put_version(folder, ret_version);
	return 0;
}

/* ---- starting it -------------------------------------------------------- */

/*
 * No macros, no links that load by themselves, no locks and backups beside the
 * document, nobody's list of recent files; nothing is ever written back.
 */
#define ITEM_OF(path, name, value)                               \
	"<item oor:path=\"/org.openoffice." path "\"><prop oor:" \
	"name=\"" name "\" oor:op=\"fuse\"><value>" value        \
	"</value></prop></item>\n"

#define ITEM(path, name, value) ITEM_OF("Office." path, name, value)

static const char settings[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\" "
    "xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
    /* clang-format off */
    /* No start is the first of a new version, which would try all that it draws. */
    ITEM_OF("Setup/Product", "ooSetupLastVersion", "99.9")
    ITEM("Common/Security/Scripting", "MacroSecurityLevel", "3")
    ITEM("Common/Security/Scripting", "DisableMacrosExecution", "true")
    ITEM("Common/Security/Scripting", "DisablePythonRuntime", "true")
    ITEM("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true")
    ITEM("Common/Security/Scripting", "DisableActiveContent", "true")
    ITEM("Common/Misc", "UseLocking", "false")
    ITEM("Common/Misc", "UseDocumentSystemFileLocking", "false")
    ITEM("Common/Misc", "UseDocumentOOoLockFile", "false")
    ITEM("Common/Misc", "MacroRecorderMode", "false")
    ITEM("Common/History", "PickListSize", "0")
    ITEM("Common/Save/Document", "AutoSave", "false")
    ITEM("Common/Save/Document", "CreateBackup", "false")
    ITEM("Common/Save/Document", "UseUserData", "true")
    ITEM("Common/Load", "UserDefinedSettings", "false")
    ITEM("Recovery/RecoveryInfo", "Enabled", "false")
    ITEM("Recovery/AutoSave", "Enabled", "false")
    ITEM("Writer/Content/Update", "Link", "0")
    ITEM("Calc/Content/Update", "Link", "2")
    ITEM("Calc/Formula/Load", "OOXMLRecalcMode", "1")
    /* clang-format on */
    "</oor:items>\n";

static struct {
	void *library;
	char folder[PATH_LEN];
} loaded;

typedef int (*preinit_fn)(const char *folder, const char *profile);
typedef struct lok *(*hook_fn)(const char *folder, const char *profile);

static int
find_function(const char *name, void *ret_function, size_t n)
{
	void *p = dlsym(loaded.library, name);

	if (p == NULL || n != sizeof(p))
		return E_UNSUPPORTED;
	memcpy(ret_function, &p, n);
	return 0;
}

/* Where the engine looks for its settings: its own, then ours, never written.
 */
static int
write_settings(const char *home)
{
	char path[PATH_LEN], layers[2 * PATH_LEN];
	int r;

	(void)snprintf(path, sizeof(path), "%s/settings.xcu", home);
	r = file_replace_unsynced(AT_FDCWD, path, 0644, slice_str(settings));
	if (r < 0)
		return r;
	(void)snprintf(layers, sizeof(layers),
	    "xcsxcu:${BRAND_BASE_DIR}/share/registry "
	    "res:${BRAND_BASE_DIR}/share/registry "
	    "user:*file://%s",
	    path);
	return setenv("CONFIGURATION_LAYERS", layers, 1) < 0 ? E_NOMEM : 0;
}

static int
set_home(const char *home)
{
	return setenv("HOME", home, 1) < 0 || setenv("TMPDIR", home, 1) < 0
	           ? E_NOMEM
	           : 0;
}

/* It tells at length what it loads; an administrator's terminal is not for
 * that.
 */
static int
preinit_quietly(preinit_fn preinit, const char *folder)
{
	AUTO_CLOSE int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	AUTO_CLOSE int told = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	int r;

	if (null < 0 || told < 0)
		return E_IO;
	(void)fflush(stderr);
	(void)dup2(null, STDERR_FILENO);
	r = preinit(folder, NULL) == 0 ? 0 : E_UNSUPPORTED;
	(void)fflush(stderr);
	(void)dup2(told, STDERR_FILENO);
	return r;
}

int
engine_load(const char *folder, const char *home)
{
	char path[PATH_LEN];
	preinit_fn preinit;
	int r;

	if ((r = write_settings(home)) < 0 || (r = set_home(home)) < 0)
		return r;
	(void)unsetenv("DISPLAY");
	if (setenv("SAL_LOK_OPTIONS", "unipoll:sc_no_grid_bg", 1) < 0 ||
	    setenv("SAL_USE_VCLPLUGIN", "svp", 1) < 0 ||
	    setenv("LC_ALL", "C.UTF-8", 1) < 0)
		return E_NOMEM;
	(void)snprintf(loaded.folder, sizeof(loaded.folder), "%s", folder);
	(void)snprintf(path, sizeof(path), "%s/libmergedlo.so", folder);
	loaded.library = dlopen(path, RTLD_LAZY);
	if (loaded.library == NULL)
		return E_UNSUPPORTED;
	r = find_function("lok_preinit", &preinit, sizeof(preinit));
	if (r < 0)
		return r;
	return preinit_quietly(preinit, folder);
}

struct engine {
	struct lok *lok;
	bool asked_password;
};

static void
on_office(int type, const char *payload UNUSED, void *arg)
{
	struct engine *engine = arg;

	if (type == LOK_PASSWORD_ASKED)
		engine->asked_password = true;
}

int
engine_start(const char *home, struct engine **ret_engine)
{
	static struct engine engine;
	char profile[PATH_LEN + 16];
	hook_fn hook;
	int r;

	if ((r = set_home(home)) < 0 ||
	    (r = find_function("libreofficekit_hook_2", &hook, sizeof(hook))) <
		0)
		return r;
	(void)snprintf(profile, sizeof(profile), "file://%s/profile", home);
	engine.lok = hook(loaded.folder, profile);
	if (engine.lok == NULL ||
	    engine.lok->table->size < sizeof(struct lok_table))
		return E_UNSUPPORTED;
	engine.lok->table->register_callback(engine.lok, on_office, &engine);
	engine.lok->table->set_optional_features(engine.lok,
	    LOK_PASSWORD | LOK_PART_IN_STALE | LOK_NO_PAINTED_COMMENTS |
		LOK_RANGE_HEADERS | LOK_VIEW_IN_CURSOR);
	*ret_engine = &engine;
	return 0;
}

/* There is no other thread to be woken by. */
static void
wake(void *arg UNUSED)
{
}

void
engine_run(struct engine *engine, const struct engine_loop *loop)
{
	engine->lok->table->run_loop(engine->lok, loop->poll, wake, loop->arg);
}

bool
engine_asked_password(const struct engine *engine)
{
	return engine->asked_password;
}

/* ---- documents and views ------------------------------------------------ */

struct engine_doc {
	struct lok *lok;
	struct lok_doc *doc;
	int view;  /* set last */
	bool swap; /* its pixels are BGRA */
};

int
engine_open(struct engine *engine, const char *path,
    struct engine_doc **ret_doc, struct buf *ret_problem)
{
	static struct engine_doc doc;
	struct lok_table *table = engine->lok->table;
	char url[PATH_LEN + 16];
	char *problem;

	(void)snprintf(url, sizeof(url), "file://%s", path);
	doc.lok = engine->lok;
	doc.doc = table->document_load_with_options(
	    engine->lok, url, "Language=en-US");
	if (doc.doc == NULL) {
		problem = table->get_error(engine->lok);
		if (problem != NULL) {
			buf_put_slice(
			    ret_problem, slice_first(slice_str(problem), 200));
			table->free_error(problem);
		}
		return E_INVALID;
	}
	if (doc.doc->table->size < sizeof(struct lok_doc_table))
		return E_UNSUPPORTED;
	doc.view = doc.doc->table->get_view(doc.doc);
	doc.swap = doc.doc->table->get_tile_mode(doc.doc) == LOK_TILE_BGRA;
	*ret_doc = &doc;
	return 0;
}

enum engine_kind
engine_kind(struct engine_doc *doc)
{
	switch (doc->doc->table->get_document_type(doc->doc)) {
	case 0:
		return ENGINE_TEXT;
	case 1:
		return ENGINE_SHEET;
	case 2:
		return ENGINE_SLIDES;
	default:
		return ENGINE_KIND_NONE;
	}
}

/* Both know an event by its number. */
struct hook {
	engine_event_fn event;
	void *arg;
};

enum { VIEWS_MAX = 256 };

static struct {
	int view;
	struct hook hook;
} hooks[VIEWS_MAX];

static void
on_event(int type, const char *payload, void *arg)
{
	struct hook *hook = arg;

	if (hook->event != NULL)
		hook->event(hook->arg, (enum engine_event)type,
		    payload != NULL ? payload : "");
}

void
engine_set_view(struct engine_doc *doc, int view)
{
	doc->doc->table->set_view(doc->doc, view);
	doc->view = view;
}

int
engine_view_new(struct engine_doc *doc, bool first, struct slice author,
    engine_event_fn event, void *arg)
{
	struct lok_doc_table *table = doc->doc->table;
	struct buf json = BUF(4096);
	struct hook *hook = NULL;
	int view = 0;

	for (size_t i = 0; i < VIEWS_MAX && hook == NULL; i++)
		if (hooks[i].hook.event == NULL) {
			hook = &hooks[i].hook;
			view = first ? table->get_view(doc->doc)
			             : table->create_view(doc->doc);
			hooks[i].view = view;
		}
	if (hook == NULL || view < 0)
		return E_LIMIT;
	*hook = (struct hook){event, arg};
	engine_set_view(doc, view);
	buf_put_str(
	    &json, "{\".uno:Author\":{\"type\":\"string\",\"value\":\"");
	for (size_t i = 0; i < MIN(author.n, (size_t)300); i++) {
		if (author.p[i] == '"' || author.p[i] == '\\')
			buf_put_u8(&json, '\\');
		buf_put_u8(&json, author.p[i] < ' ' ? ' ' : author.p[i]);
	}
	buf_put_str(&json,
	    "\"},\".uno:ShowBorderShadow\":{\"type\":\"boolean\",\"value\":"
	    "\"false\"}}");
	if (buf_cstr(&json) != NULL)
		table->initialize_for_rendering(doc->doc, buf_cstr(&json));
	table->register_callback(doc->doc, on_event, hook);
	buf_free(&json);
	return view;
}

void
engine_view_end(struct engine_doc *doc, int view)
{
	engine_view_forget(doc, view);
	doc->doc->table->destroy_view(doc->doc, view);
}

void
engine_view_forget(struct engine_doc *doc, int view)
{
	struct lok_doc_table *table = doc->doc->table;

	engine_set_view(doc, view);
	table->register_callback(doc->doc, NULL, NULL);
	for (size_t i = 0; i < VIEWS_MAX; i++)
		if (hooks[i].view == view)
			hooks[i].hook = (struct hook){NULL, NULL};
}

/* Text that the engine gave away. */
static void
put_given(struct buf *buf, char *text)
{
	if (text == NULL)
		return;
	buf_put_str(buf, text);
	free(text);
}

int
engine_parts(struct engine_doc *doc)
{
	return doc->doc->table->get_parts(doc->doc);
}

int
engine_part(struct engine_doc *doc)
{
	return doc->doc->table->get_part(doc->doc);
}

void
engine_set_part(struct engine_doc *doc, int part)
{
	doc->doc->table->set_part(doc->doc, part);
}

void
engine_part_name(struct engine_doc *doc, int part, struct buf *buf)
{
	put_given(buf, doc->doc->table->get_part_name(doc->doc, part));
}

void
engine_pages(struct engine_doc *doc, struct buf *buf)
{
	put_given(buf, doc->doc->table->get_part_page_rectangles(doc->doc));
}

void
engine_size(struct engine_doc *doc, long *ret_width, long *ret_height)
{
	doc->doc->table->get_document_size(doc->doc, ret_width, ret_height);
}

void
engine_set_zoom(struct engine_doc *doc, int pixels, int twips)
{
	doc->doc->table->set_client_zoom(
	    doc->doc, pixels, pixels, twips, twips);
}

void
engine_set_area(struct engine_doc *doc, int x, int y, int width, int height)
{
	doc->doc->table->set_client_visible_area(doc->doc, x, y, width, height);
}

/* ---- painting ----------------------------------------------------------- */

static void
swap_colours(uint8_t *pixels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t blue = pixels[4 * i];

		pixels[4 * i] = pixels[4 * i + 2];
		pixels[4 * i + 2] = blue;
	}
}

void
engine_paint(struct engine_doc *doc, uint8_t *pixels, int width, int height,
    int x, int y, int twips_x, int twips_y)
{
	size_t n = (size_t)width * (size_t)height;

	memset(pixels, 0, 4 * n);
	doc->doc->table->paint_tile(
	    doc->doc, pixels, width, height, x, y, twips_x, twips_y);
	if (doc->swap)
		swap_colours(pixels, n);
}

void
engine_paint_part(struct engine_doc *doc, int part, uint8_t *pixels, int width,
    int height, int x, int y, int twips_x, int twips_y)
{
	size_t n = (size_t)width * (size_t)height;

	memset(pixels, 0, 4 * n);
	doc->doc->table->paint_part_tile(
	    doc->doc, pixels, part, width, height, x, y, twips_x, twips_y);
	if (doc->swap)
		swap_colours(pixels, n);
}

/* ---- what people do ----------------------------------------------------- */

void
engine_key(struct engine_doc *doc, int character, int code)
{
	struct lok_doc_table *table = doc->doc->table;

	table->post_key_event(doc->doc, LOK_KEY_DOWN, character, code);
	table->post_key_event(doc->doc, LOK_KEY_UP, character, code);
}

void
engine_input(struct engine_doc *doc, const char *text, bool final)
{
	struct lok_doc_table *table = doc->doc->table;

	table->post_window_ext_text_input(doc->doc, 0, LOK_INPUT, text);
	if (final)
		table->post_window_ext_text_input(
		    doc->doc, 0, LOK_INPUT_END, text);
}

void
engine_erase(struct engine_doc *doc, int before, int after)
{
	doc->doc->table->remove_text_context(doc->doc, 0, before, after);
}

void
engine_mouse(struct engine_doc *doc, enum engine_mouse type, int x, int y,
    int count, int buttons, int modifiers)
{
	doc->doc->table->post_mouse_event(
	    doc->doc, (int)type, x, y, count, buttons, modifiers);
}

void
engine_select(struct engine_doc *doc, enum engine_select type, int x, int y)
{
	doc->doc->table->set_text_selection(doc->doc, (int)type, x, y);
}

bool
engine_selected(struct engine_doc *doc, const char *mime, struct buf *buf)
{
	size_t before = buf->n;

	put_given(
	    buf, doc->doc->table->get_text_selection(doc->doc, mime, NULL));
	return buf->n > before;
}

bool
engine_paste(struct engine_doc *doc, const char *mime, struct slice bytes)
{
	return doc->doc->table->paste(
	    doc->doc, mime, (const char *)bytes.p, bytes.n);
}

void
engine_command(struct engine_doc *doc, const char *name, const char *arguments)
{
	doc->doc->table->post_uno_command(doc->doc, name, arguments, false);
}

void
engine_values(struct engine_doc *doc, const char *name, struct buf *buf)
{
	put_given(buf, doc->doc->table->get_command_values(doc->doc, name));
}

/* Apart by commas, texts in quotes where need be, UTF-8; cells as they are
 * shown, not their formulas. */
#define CSV_OPTIONS "44,34,76,1,,0,false,true,false"

int
engine_save(struct engine_doc *doc, const char *path, const char *format)
{
	const char *options = strcmp(format, "csv") == 0 ? CSV_OPTIONS : NULL;
	char url[PATH_LEN + 16];

	(void)snprintf(url, sizeof(url), "file://%s", path);
	return doc->doc->table->save_as(doc->doc, url, format, options) != 0
	           ? 0
	           : E_IO;
}
