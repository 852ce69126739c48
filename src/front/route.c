#include "front/route.h"

#define METHOD(name) (1u << HTTP_METHOD_##name)
#define READS (METHOD(GET) | METHOD(HEAD))

static const struct route routes[] = {
    {"/.well-known/jmap", false, READS, ROUTE_NO_BODY, true, jmap_session_serve,
	"The JMAP session object (RFC 8620, section 2)"},
    {"/jmap/session", false, READS, ROUTE_NO_BODY, true, jmap_session_serve,
	"The same"},
    {"/jmap/api", false, METHOD(POST), ROUTE_WHOLE, true, jmap_api_serve,
	"JMAP method calls (RFC 8620, section 3)"},
    {"/jmap/upload/", true, METHOD(POST), ROUTE_STREAM, true, jmap_upload_serve,
	"Uploads a blob (RFC 8620, section 6.1)"},
    {"/jmap/download/", true, READS, ROUTE_NO_BODY, true, jmap_download_serve,
	"Downloads a blob (RFC 8620, section 6.2)"},
    {"/jmap/events", false, METHOD(GET), ROUTE_NO_BODY, true, jmap_events_serve,
	"State changes as they come (RFC 8620, section 7.3)"},
    {"/files/", true, READS | METHOD(PUT) | METHOD(DELETE), ROUTE_STREAM, true,
	files_serve,
	"Files by path: GET reads a file or lists a folder (with / at its "
	"end), PUT stores one, DELETE throws one away"},
    {"/log/events", false, METHOD(GET), ROUTE_NO_BODY, true, log_events_serve,
	"Records as they come, as server-sent events; from=NUMBER or "
	"Last-Event-ID resumes"},
    {"/log/export", false, METHOD(GET), ROUTE_NO_BODY, true, log_export_serve,
	"All records that a search finds, one OCSF event a line"},
    {"/log/mirror", false, METHOD(GET), ROUTE_NO_BODY, true, log_mirror_serve,
	"Leaves and checkpoints as they come, for a mirror; from=NUMBER"},
    {"/metrics", false, READS, ROUTE_NO_BODY, true, metrics_serve,
	"Figures, as Prometheus reads them"},
    {"/ready", false, READS, ROUTE_NO_BODY, false, ready_serve,
	"200 while operations are served, 503 else"},
};

const struct route *
route_at(size_t i)
{
	return i < ARRAY_SIZE(routes) ? &routes[i] : NULL;
}

const struct route *
route_find(struct slice path, struct slice *ret_rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		struct slice own = slice_str(routes[i].path);

		if (routes[i].prefix ? !slice_starts(path, own)
				     : !slice_eq(path, own))
			continue;
		*ret_rest = slice_from(path, own.n);
		return &routes[i];
	}
	return NULL;
}
