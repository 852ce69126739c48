/*
 * Memory. Short-lived things live in an arena, one a unit of work (connection,
 * request, batch), and go in one call. Long-lived things have one owner and a
 * x_free(struct x **) that sets the owner's pointer to NULL.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Zeroed memory, or NULL. Freed with mem_free. */
void *mem_alloc(size_t n);

/* As calloc: NULL on overflow too. */
void *mem_calloc(size_t count, size_t size);

/* As realloc; what is new is not zeroed. p stays whole where it fails. */
void *mem_realloc(void *p, size_t n);

void mem_free(void *p);

/* *p freed and set to NULL. For AUTO_FREE. */
void mem_free_ptr(void *p);

#define AUTO_FREE __attribute__((cleanup(mem_free_ptr)))

/* A NUL-terminated copy, or NULL. Freed with mem_free. */
char *mem_str(struct slice s);

/*
 * An arena: allocations are freed together. Zero-initialised it is empty and
 * ready. Aligned for any type.
 */
struct arena {
	struct arena_chunk *chunk;
};

/* Zeroed memory that lives until arena_reset, or NULL. */
void *arena_alloc(struct arena *arena, size_t n);

/* A copy of the bytes; .p is NULL where memory is out. (Empty: never NULL.) */
struct slice arena_copy(struct arena *arena, struct slice s);

/* A NUL-terminated copy, or NULL. */
char *arena_str(struct arena *arena, struct slice s);

/* Frees all but one chunk, which is kept for the next unit of work. */
void arena_reset(struct arena *arena);

void arena_free(struct arena *arena);

#endif
