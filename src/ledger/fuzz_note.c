/*
 * Fuzz target: a note, the checkpoint in it, and a vkey, of any bytes. What is
 * accepted must be whole: its parts lie within the input and spell it again.
 */
#include "ledger/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* signed-note's example: seeds that it signed are known ones. */
#define VKEY           \
	"example.com/" \
	"foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

static void
check_checkpoint(struct slice text)
{
	struct checkpoint checkpoint;
	struct buf again = BUF(NOTE_MAX);

	if (checkpoint_parse(text, &checkpoint) == 0 &&
	    checkpoint.extensions.n == 0 &&
	    checkpoint_put(&checkpoint, &again) == 0)
		BUG_ON(!slice_eq(buf_slice(&again), text));
	buf_free(&again);
}

static void
check_note(struct slice bytes)
{
	struct buf again = BUF(2 * NOTE_MAX);
	struct note_key key;
	struct note note;
	uint64_t signers;

	if (note_parse(bytes, &note) < 0)
		return;
	BUG_ON(note_put_text(note.text, &again) < 0);
	for (size_t i = 0; i < note.n; i++) {
		buf_put_str(&again, "\xe2\x80\x94 ");
		buf_put_slice(&again, note.signature[i].name);
		buf_put_u8(&again, ' ');
		buf_put_slice(&again, note.signature[i].base64);
		buf_put_u8(&again, '\n');
	}
	BUG_ON(!slice_eq(buf_slice(&again), bytes));
	buf_free(&again);
	BUG_ON(note_key_parse(SLICE(VKEY), &key) < 0);
	(void)note_verify(&note, &key, 1, &signers);
	check_checkpoint(note.text);
}

static void
check_vkey(struct slice bytes)
{
	struct buf again = BUF(NOTE_VKEY_MAX);
	struct note_key key;

	if (note_key_parse(bytes, &key) == 0) {
		note_key_put(&key, &again);
		BUG_ON(!slice_eq(buf_slice(&again), bytes));
	}
	buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = slice_of(data, size);

	check_note(bytes);
	check_checkpoint(bytes);
	check_vkey(bytes);
	return 0;
}
