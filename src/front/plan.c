#include "front/plan.h"

/* RFC 9110, 13.2.2: the order in which conditions count. */
static int
check_conditions(
    const struct http_head *head, struct slice etag, int64_t modified_ms)
{
	struct slice match = http_field(head, SLICE("if-match"));
	struct slice none = http_field(head, SLICE("if-none-match"));
	struct slice since = http_field(head, SLICE("if-modified-since"));
	int64_t time;

	if (match.p != NULL && !http_etag_match(match, etag, false))
		return 412;
	if (none.p != NULL)
		return http_etag_match(none, etag, true) ? 304 : 200;
	if (since.p != NULL && http_date_parse(since, &time) == 0 &&
	    modified_ms / 1000 <= time)
		return 304;
	return 200;
}

static void
plan_range(const struct http_head *head, struct slice etag, uint64_t size,
    struct plan *plan)
{
	struct slice range = http_field(head, SLICE("range"));
	struct slice if_range = http_field(head, SLICE("if-range"));
	struct http_range r;
	int e;

	/* RFC 9110, 14.2: GET only, and only of what the client knows. */
	if (range.p == NULL || head->method != HTTP_METHOD_GET ||
	    (if_range.p != NULL && !slice_eq(if_range, etag)))
		return;
	e = http_range_parse(range, size, &r);
	if (e == 0) {
		plan->status = 206;
		plan->first = r.first;
		plan->end = r.last + 1;
	} else if (e < 0) {
		plan->status = 416;
		plan->first = plan->end = 0;
		plan->body = false;
	}
}

struct plan
plan_make(const struct http_head *head, struct slice etag, int64_t modified_ms,
    uint64_t size)
{
	struct plan plan = {.end = size, .body = true};

	plan.status = check_conditions(head, etag, modified_ms);
	if (plan.status != 200) {
		plan.end = 0;
		plan.body = false;
		return plan;
	}
	plan_range(head, etag, size, &plan);
	return plan;
}
