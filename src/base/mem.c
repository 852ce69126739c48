#include "base/mem.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/fault.h"

void *
mem_alloc(size_t n)
{
	return mem_calloc(1, n);
}

void *
mem_calloc(size_t count, size_t size)
{
	if (fault_alloc())
		return NULL;
	return calloc(count, MAX(size, 1));
}

void *
mem_realloc(void *p, size_t n)
{
	if (fault_alloc())
		return NULL;
	return realloc(p, MAX(n, 1));
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_free_ptr(void *p)
{
	void **owner = p;

	free(*owner);
	*owner = NULL;
}

char *
mem_str(struct slice s)
{
	char *text = mem_alloc(s.n + 1);

	if (text != NULL && s.n > 0)
		memcpy(text, s.p, s.n);
	return text;
}

enum { CHUNK_BYTES = 4096 - 64 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) uint8_t bytes[];
};

static struct arena_chunk *
chunk_new(struct arena *arena, size_t n)
{
	size_t size = MAX(n, CHUNK_BYTES);
	struct arena_chunk *chunk;

	if (size > SIZE_MAX - sizeof(*chunk))
		return NULL;
	chunk = mem_realloc(NULL, sizeof(*chunk) + size);
	if (chunk == NULL)
		return NULL;
	*chunk = (struct arena_chunk){.next = arena->chunk, .size = size};
	arena->chunk = chunk;
	return chunk;
}

void *
arena_alloc(struct arena *arena, size_t n)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *chunk = arena->chunk;
	void *p;

	if (n > SIZE_MAX - align)
		return NULL;
	n = MAX((n + align - 1) / align * align, align);
	if (chunk == NULL || chunk->size - chunk->used < n)
		chunk = chunk_new(arena, n);
	if (chunk == NULL)
		return NULL;
	p = chunk->bytes + chunk->used;
	chunk->used += n;
	return memset(p, 0, n);
}

struct slice
arena_copy(struct arena *arena, struct slice s)
{
	uint8_t *p = arena_alloc(arena, s.n);

	if (p == NULL)
		return SLICE_NONE;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return slice_of(p, s.n);
}

char *
arena_str(struct arena *arena, struct slice s)
{
	char *text = arena_alloc(arena, s.n + 1);

	if (text != NULL && s.n > 0)
		memcpy(text, s.p, s.n);
	return text;
}

static void
chunks_free(struct arena_chunk *chunk)
{
	while (chunk != NULL) {
		struct arena_chunk *next = chunk->next;

		mem_free(chunk);
		chunk = next;
	}
}

void
arena_reset(struct arena *arena)
{
	struct arena_chunk *keep = arena->chunk;

	if (keep == NULL)
		return;
	if (keep->size > CHUNK_BYTES) {
		arena_free(arena);
		return;
	}
	chunks_free(keep->next);
	keep->next = NULL;
	keep->used = 0;
}

void
arena_free(struct arena *arena)
{
	chunks_free(arena->chunk);
	arena->chunk = NULL;
}
