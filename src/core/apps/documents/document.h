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
	uint64_t view;
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
	uint64_t by; /* who has changed it last */
	uint64_t views[DOCUMENT_VIEWS_MAX];
	size_t n_views;
	struct stream_ending stored;
};
int document_saved(struct run *run, void *arg);

#endif
