/*
 * What the server itself does with open documents: the `system` of calls that
 * the I/O thread makes, with what they take as their arg.
 */
#ifndef CORE_APPS_DOCUMENTS_DOCUMENT_H
#define CORE_APPS_DOCUMENTS_DOCUMENT_H

#include "core/run.h"
#include "core/stream.h"

enum {
	DOCUMENT_VIEWS_MAX = 64,   /* whose changes one version is from */
	DOCUMENT_PLACES_MAX = 500, /* that one record tells of */
};

/* Who has changed something, by their views, the last one last. */
struct document_editors {
	struct {
		uint64_t view; /* the stream's row */
		uint64_t principal;
	} list[DOCUMENT_VIEWS_MAX];
	size_t n;
};

/* Of what isn't saved yet, as the database has it. */
int document_editors(
    struct db *db, uint64_t file, struct document_editors *ret_editors);

/*
 * The file and version of an open document, by its number. 1; 0: it isn't one,
 * or not any more; or an error.
 */
int document_find(
    struct db *db, uint64_t number, uint64_t *ret_file, uint64_t *ret_version);

/* The first open document behind that file's, in their order. 1 or 0. */
int document_next(
    struct db *db, uint64_t after, uint64_t *ret_file, uint64_t *ret_number);

/*
 * Where the current version of a file is: looked up as a document is opened.
 * Its slices are the statement's until document_source_done.
 */
struct document_source {
	uint64_t version, size;
	unsigned format;          /* FORMAT_*: kit/format.h */
	struct slice content;     /* or, where there is a place, none */
	struct slice place, sums; /* of a blob */
};

/* E_NOT_FOUND. */
int document_source(
    struct db *db, uint64_t file, struct document_source *ret_source);
void document_source_done(struct db *db);

/* DOCUMENT_BEGIN: the record's number is the document's, as long as it is open.
 */
struct document_begun {
	uint64_t file;
	uint64_t view; /* the stream that it is opened for */
};
int document_begin(struct run *run, void *arg);

/* DOCUMENT_END */
struct document_ended {
	uint64_t file, document;
	int code, signal;
	char why[200];
};
int document_end(struct run *run, void *arg);

/*
 * DOCUMENT_SEEN. The places ascend. `told` is set where it stands in the
 * record: the view was there.
 */
struct document_place {
	uint32_t part, block;
};
struct document_seen {
	void *owner; /* for who has submitted it */
	uint64_t view;
	bool told;
	size_t n;
	struct document_place places[];
};
int document_seen(struct run *run, void *arg);

/* DOCUMENT_TYPED */
struct document_typed {
	uint64_t view, ref; /* its stream, and that one's row */
	uint64_t principal;
	uint64_t file;
	struct document_place place;
	uint64_t letters, commands;
};
int document_typed(struct run *run, void *arg);

/*
 * DOCUMENT_SAVED: what blobs have stored becomes the current version. `version`
 * is the one that it was made from, then the one that was made; 0: the file has
 * gone meanwhile.
 */
struct document_saved {
	uint64_t file, document, version;
	struct document_editors editors;
	struct stream_ending stored;
	void *owner;
};
int document_saved(struct run *run, void *arg);

/* DOCUMENT_KEPT: the same, but as no version; `version` is left. */
int document_kept(struct run *run, void *arg);

#endif
