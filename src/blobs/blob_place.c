#include "blobs/blob_place.h"

bool
blob_place_ok(struct slice place)
{
	if (place.n != BLOB_NAME_BYTES + 1 || place.p[2] != '/')
		return false;
	for (size_t i = 0; i < place.n; i++) {
		uint8_t c = place.p[i];

		if (i != 2 && !(c >= '0' && c <= '9') &&
		    !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}
