#include "front/web/assets.h"

#include <sys/mman.h>

#include "base/file.h"

struct assets {
	size_t owners;
	void *map;
	size_t n;
	struct arena arena;
	struct pack pack;
};

static int
map(int fd, struct assets *assets)
{
	uint64_t size;
	int r = file_size(fd, &size);

	if (r < 0)
		return r;
	if (size > PACK_BYTES_MAX)
		return E_LIMIT;
	assets->n = (size_t)size;
	if (size == 0)
		return 0;
	assets->map = mmap(NULL, assets->n, PROT_READ, MAP_SHARED, fd, 0);
	return assets->map == MAP_FAILED ? E_IO : 0;
}

int
assets_new(int fd, struct assets **ret_assets)
{
	struct assets *assets = mem_alloc(sizeof(*assets));
	int r;

	if (assets == NULL)
		return E_NOMEM;
	assets->owners = 1;
	assets->map = MAP_FAILED;
	r = map(fd, assets);
	if (r == 0 && assets->n > 0)
		r = pack_read(slice_of(assets->map, assets->n), &assets->arena,
		    &assets->pack);
	if (r < 0 || assets->n == 0)
		assets_release(&assets);
	if (r == 0)
		*ret_assets = assets;
	return r;
}

struct assets *
assets_hold(struct assets *assets)
{
	if (assets != NULL)
		assets->owners++;
	return assets;
}

void
assets_release(struct assets **assets)
{
	struct assets *a = *assets;

	*assets = NULL;
	if (a == NULL || --a->owners > 0)
		return;
	if (a->map != MAP_FAILED)
		(void)munmap(a->map, a->n);
	arena_free(&a->arena);
	mem_free(a);
}

const struct pack_asset *
assets_find(const struct assets *assets, struct slice path)
{
	return assets != NULL ? pack_find(&assets->pack, path) : NULL;
}
