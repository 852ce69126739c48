/*
 * Open documents: views of clients (view.c), and the channels to the kits that
 * have the documents open (kits.c). The front passes frames between the two,
 * as far as the rights of each view hold; what is in them it doesn't know.
 */
#ifndef FRONT_DOCUMENTS_DOCUMENTS_H
#define FRONT_DOCUMENTS_DOCUMENTS_H

#include "front/front.h"

/* ---- kits ---------------------------------------------------------------- */

/* KIT_FRONT of the zygote: its descriptor is taken. E_GRAMMAR. */
int kits_take(struct front *front, struct msg *msg);

/* Core is gone: without it nobody is let in. */
void kits_forget(struct front *front);

bool kits_has(struct front *front, uint64_t document);

/* It has more than it should have that it has not taken yet. */
bool kits_is_full(struct front *front, uint64_t document);

/* A frame of a view, which is lost where the kit has ended. */
void kits_send(
    struct front *front, uint64_t document, uint64_t view, struct slice frame);

/* ---- views ----------------------------------------------------------------
 */

/* There is a channel to the document's kit, it has room again, or is gone. */
void views_kit_changed(struct front *front, uint64_t document);

/*
 * A frame for a view, from the kit of that document. E_GRAMMAR where it is
 * none.
 */
int views_take_output(
    struct front *front, uint64_t document, uint64_t view, struct slice frame);

#endif
