/*
 * Open documents, on the I/O thread: which there are, who has them open, their
 * kits. A kit parses what strangers wrote and may be theirs by now: nothing
 * that it says reaches another document, and whose changes it claims to have is
 * looked up among those who have it open and may change it.
 */
#ifndef CORE_IO_DOCUMENT_H
#define CORE_IO_DOCUMENT_H

#include "base/buf.h"
#include "base/map.h"
#include "ipc/channel.h"
#include "ipc/role.h"

struct io;
struct stream_ending;
struct stream_order;

/* What the I/O thread keeps of documents: a part of struct io. */
struct io_documents {
	struct channel *zygote; /* NULL: there is none */
	int engine;             /* 0, or why there is none */
	struct buf engine_text; /* which, or what is missing */
	struct map by_file;     /* file -> struct io_document */
	struct map by_number;   /* as its process was begun */
	struct map by_loose;    /* what blobs open or keep for it */
	struct map views;       /* stream -> struct io_view */
	struct map exports;     /* stream -> struct io_export */
	uint64_t loose;         /* the last number of these */
	struct map marks;       /* file -> struct io_marks, of ended ones */
};

/* The database is open for reading. */
void io_documents_start(struct io *io);

/* Takes a channel to the zygote on: older kits are gone with an older one. */
int io_documents_add_zygote(struct io *io, struct role_fd *in);

/* A view that an operation opened. */
void io_document_open(struct io *io, const struct stream_order *order);

/* It has ended, or is to end: its kit shows it no more. Any stream's number. */
void io_document_leave(struct io *io, uint64_t view);

/* Its front has it, and the channel to its kit. */
void io_document_ready(struct io *io, size_t front, uint64_t view);

/*
 * A front's channel to the kit of that document is gone: it may be met anew;
 * one that broke the protocol is of no use.
 */
void io_document_kit_lost(struct io *io, size_t front, uint64_t front_pid,
    uint64_t document, int code);

/* Orders. */
void io_document_save(struct io *io, uint64_t file);
void io_document_copy(struct io *io, uint64_t view, struct slice type);

/* Blobs say: of a loose file. The descriptor is taken, or -1. */
void io_document_opened(struct io *io, uint64_t loose, int *fd, int code);
/* False where no document waits for it. */
bool io_document_stored(
    struct io *io, uint64_t loose, const struct stream_ending *stored);
/* Blobs have gone: nothing that they were asked for will come. */
void io_documents_lost_blobs(struct io *io);

/* The server is to stop: all are saved and closed. */
void io_documents_drain(struct io *io);

#endif
