// What a client of an open document and the server say to each other once it is open:
// frames, each a binary message of the WebSocket at /documents/view. Made from
// src/kit/frame.def by `make docs`, not by hand; that table says what each is for.

/** The bits of what a view may; read brings all but edit. */
export const RIGHTS = {
	see: 1,
	text: 2,
	copy: 4,
	print: 8,
	export: 16,
	read: 32,
	edit: 64,
} as const;

/** Pixels of a tile's side. */
export const TILE_PIXELS = 256;

/** So many tiles come at most that were not said to be taken. */
export const TILES_WINDOW = 128;

/** Pixels of a preview's side, at most. */
export const PREVIEW_MAX = 512;

/** Twips that a tile is wide, at most. */
export const SCALE_MAX = 131072;

/** The number of each frame. */
export const FRAMES = {
	viewport: 1,
	taken: 2,
	preview: 3,
	read: 4,
	key: 8,
	input: 9,
	erase: 10,
	mouse: 11,
	select: 12,
	paste: 13,
	command: 14,
	find: 15,
	replace: 16,
	ask: 17,
	read_out: 18,
	resume: 19,
	tile: 64,
	stale: 65,
	picture: 66,
	cursor: 72,
	shown: 73,
	selection: 74,
	cell: 75,
	graphic: 76,
	address: 77,
	moved: 78,
	formula: 80,
	comment: 81,
	change: 82,
	found: 83,
	selected: 84,
	reading: 85,
	clip: 88,
	exported: 92,
	printed: 93,
	status: 96,
	state: 97,
	answer: 98,
	person: 99,
	refused: 100,
	names: 101,
	kept: 102,
	resumed: 103,
} as const;

export type FrameName = keyof typeof FRAMES;

export interface ViewportFrame {
	readonly frame: "viewport";
	/** 0 to 100000 */
	readonly part: number;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
	/** 0 to 131072 */
	readonly scale: number;
}

export interface TakenFrame {
	readonly frame: "taken";
	/** 0 to 128 */
	readonly tiles: number;
}

export interface PreviewFrame {
	readonly frame: "preview";
	/** 0 to 100000 */
	readonly part: number;
	/** 0 to 512 */
	readonly width: number;
	/** 0 to 512 */
	readonly height: number;
}

export interface ReadFrame {
	readonly frame: "read";
	/** 0 to 100000 */
	readonly part: number;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface KeyFrame {
	readonly frame: "key";
	/** 0 to 1114111 */
	readonly character: number;
	/** 0 to 32767 */
	readonly code: number;
}

export interface InputFrame {
	readonly frame: "input";
	readonly text: string;
	readonly final: boolean;
}

export interface EraseFrame {
	readonly frame: "erase";
	/** 0 to 1000 */
	readonly before: number;
	/** 0 to 1000 */
	readonly after: number;
}

export interface MouseFrame {
	readonly frame: "mouse";
	/** 0 to 2 */
	readonly type: number;
	readonly x: number;
	readonly y: number;
	/** 0 to 3 */
	readonly count: number;
	/** 0 to 7 */
	readonly buttons: number;
	/** 0 to 28672 */
	readonly modifiers: number;
}

export interface SelectFrame {
	readonly frame: "select";
	/** 0 to 2 */
	readonly type: number;
	readonly x: number;
	readonly y: number;
}

export interface PasteFrame {
	readonly frame: "paste";
	readonly mime: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CommandFrame {
	readonly frame: "command";
	readonly name: string;
	readonly arguments: Uint8Array<ArrayBuffer>;
}

export interface FindFrame {
	readonly frame: "find";
	readonly text: string;
	readonly backward: boolean;
	readonly exact: boolean;
}

export interface ReplaceFrame {
	readonly frame: "replace";
	readonly text: string;
	readonly with: string;
	readonly all: boolean;
	readonly exact: boolean;
}

export interface AskFrame {
	readonly frame: "ask";
	readonly name: string;
}

export interface ReadOutFrame {
	readonly frame: "read_out";
}

export interface ResumeFrame {
	readonly frame: "resume";
	/** 0 to 4294967295 */
	readonly view: number;
}

export interface TileFrame {
	readonly frame: "tile";
	/** 0 to 100000 */
	readonly part: number;
	/** 0 to 16777216 */
	readonly column: number;
	/** 0 to 16777216 */
	readonly row: number;
	/** 0 to 131072 */
	readonly scale: number;
	readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface StaleFrame {
	readonly frame: "stale";
	/** 0 to 100000 */
	readonly part: number;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface PictureFrame {
	readonly frame: "picture";
	/** 0 to 100000 */
	readonly part: number;
	/** 0 to 512 */
	readonly width: number;
	/** 0 to 512 */
	readonly height: number;
	readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface CursorFrame {
	readonly frame: "cursor";
	/** 0 to 4294967295 */
	readonly view: number;
	/** 0 to 100000 */
	readonly part: number;
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export interface ShownFrame {
	readonly frame: "shown";
	/** 0 to 4294967295 */
	readonly view: number;
	readonly shown: boolean;
}

export interface SelectionFrame {
	readonly frame: "selection";
	/** 0 to 4294967295 */
	readonly view: number;
	/** 0 to 100000 */
	readonly part: number;
	readonly rectangles: string;
}

export interface CellFrame {
	readonly frame: "cell";
	/** 0 to 4294967295 */
	readonly view: number;
	/** 0 to 100000 */
	readonly part: number;
	readonly place: string;
}

export interface GraphicFrame {
	readonly frame: "graphic";
	readonly place: string;
}

export interface AddressFrame {
	readonly frame: "address";
	readonly address: string;
}

export interface MovedFrame {
	readonly frame: "moved";
	/** 0 to 100000 */
	readonly part: number;
}

export interface FormulaFrame {
	readonly frame: "formula";
	readonly text: string;
}

export interface CommentFrame {
	readonly frame: "comment";
	readonly json: string;
}

export interface ChangeFrame {
	readonly frame: "change";
	readonly json: string;
}

export interface FoundFrame {
	readonly frame: "found";
	readonly found: boolean;
	readonly json: string;
}

export interface SelectedFrame {
	readonly frame: "selected";
	readonly text: string;
}

export interface ReadingFrame {
	readonly frame: "reading";
	/** 0 to 100000 */
	readonly part: number;
	readonly x: number;
	readonly y: number;
	readonly text: string;
}

export interface ClipFrame {
	readonly frame: "clip";
	readonly mime: string;
	readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ExportedFrame {
	readonly frame: "exported";
	/** 0 to 4294967295 */
	readonly save: number;
	/** 0 to 32767 */
	readonly code: number;
}

export interface PrintedFrame {
	readonly frame: "printed";
	/** 0 to 4294967295 */
	readonly save: number;
	/** 0 to 32767 */
	readonly code: number;
}

export interface StatusFrame {
	readonly frame: "status";
	/** 0 to 3 */
	readonly kind: number;
	/** 0 to 100000 */
	readonly parts: number;
	/** 0 to 100000 */
	readonly part: number;
	readonly width: number;
	readonly height: number;
	readonly pages: string;
}

export interface StateFrame {
	readonly frame: "state";
	readonly name: string;
	readonly value: string;
}

export interface AnswerFrame {
	readonly frame: "answer";
	readonly name: string;
	readonly json: string;
}

export interface PersonFrame {
	readonly frame: "person";
	/** 0 to 4294967295 */
	readonly view: number;
	readonly name: string;
	readonly here: boolean;
}

export interface RefusedFrame {
	readonly frame: "refused";
	/** 0 to 255 */
	readonly number: number;
	/** 0 to 32767 */
	readonly code: number;
	readonly name: string;
}

export interface NamesFrame {
	readonly frame: "names";
	readonly names: string;
}

export interface KeptFrame {
	readonly frame: "kept";
	/** 0 to 4294967295 */
	readonly count: number;
}

export interface ResumedFrame {
	readonly frame: "resumed";
	/** 0 to 4294967295 */
	readonly view: number;
	/** 0 to 4294967295 */
	readonly count: number;
	readonly known: boolean;
	readonly fresh: boolean;
}

/** What a client sends. */
export type InFrame =
	| ViewportFrame
	| TakenFrame
	| PreviewFrame
	| ReadFrame
	| KeyFrame
	| InputFrame
	| EraseFrame
	| MouseFrame
	| SelectFrame
	| PasteFrame
	| CommandFrame
	| FindFrame
	| ReplaceFrame
	| AskFrame
	| ReadOutFrame
	| ResumeFrame;

/** What comes to it. */
export type OutFrame =
	| TileFrame
	| StaleFrame
	| PictureFrame
	| CursorFrame
	| ShownFrame
	| SelectionFrame
	| CellFrame
	| GraphicFrame
	| AddressFrame
	| MovedFrame
	| FormulaFrame
	| CommentFrame
	| ChangeFrame
	| FoundFrame
	| SelectedFrame
	| ReadingFrame
	| ClipFrame
	| ExportedFrame
	| PrintedFrame
	| StatusFrame
	| StateFrame
	| AnswerFrame
	| PersonFrame
	| RefusedFrame
	| NamesFrame
	| KeptFrame
	| ResumedFrame;

/** Bytes that are no frame, or a frame that can't be sent. */
export class FrameError extends Error {}

// Deterministic CBOR (RFC 8949, section 4.2.1), as far as frames need it.
class Writer {
	private bytes = new Uint8Array(64);
	private at = 0;

	private room(more: number): void {
		if (more <= this.bytes.length - this.at) return;
		const larger = new Uint8Array(2 * (this.at + more));
		larger.set(this.bytes);
		this.bytes = larger;
	}

	private head(major: number, n: number): void {
		const size = n < 24 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 4;
		const info = size === 0 ? n : size === 4 ? 26 : 23 + size;
		this.room(5);
		this.bytes[this.at++] = (major << 5) | info;
		for (let i = size - 1; i >= 0; i--) this.bytes[this.at++] = n >>> (8 * i);
	}

	private string(major: number, value: Uint8Array): void {
		this.head(major, value.length);
		this.room(value.length);
		this.bytes.set(value, this.at);
		this.at += value.length;
	}

	/** A frame of so many fields begins. */
	begin(number: number, fields: number): void {
		this.head(4, 1 + fields);
		this.head(0, number);
	}

	uint(value: number, max: number): void {
		if (!Number.isInteger(value) || value < 0 || value > max)
			throw new FrameError(`${value} is not from 0 to ${max}`);
		this.head(0, value);
	}

	int(value: number): void {
		if (value !== (value | 0)) throw new FrameError(`${value} is no number of 32 bits`);
		if (value < 0) this.head(1, -1 - value);
		else this.head(0, value);
	}

	bool(value: boolean): void {
		this.head(7, value ? 21 : 20);
	}

	text(value: string): void {
		this.string(3, new TextEncoder().encode(value));
	}

	blob(value: Uint8Array): void {
		this.string(2, value);
	}

	end(max: number): Uint8Array<ArrayBuffer> {
		if (this.at > max) throw new FrameError(`${this.at} bytes, of at most ${max}`);
		return this.bytes.subarray(0, this.at);
	}
}

class Reader {
	private at = 0;
	private left = 0; // fields that nobody has asked for

	constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

	private fail(): never {
		throw new FrameError(`this is no frame: byte ${this.at}`);
	}

	private take(n: number): Uint8Array<ArrayBuffer> {
		if (n > this.bytes.length - this.at) this.fail();
		this.at += n;
		return this.bytes.subarray(this.at - n, this.at);
	}

	private head(major: number): number {
		const first = this.take(1)[0] ?? 0;
		const info = first & 31;
		if (first >> 5 !== major || info > 26) this.fail();
		if (info < 24) return info;
		const n = this.take(1 << (info - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
		if (n < (info === 24 ? 24 : info === 25 ? 0x100 : 0x10000)) this.fail(); // it had room in fewer bytes
		return n;
	}

	/** Its number. */
	begin(): number {
		this.left = this.head(4) - 1;
		return this.head(0);
	}

	/** So many fields are read; a newer server may have more behind them. */
	fields(n: number, max: number): void {
		this.left -= n;
		if (this.left < 0 || this.bytes.length > max) this.fail();
	}

	uint(max: number): number {
		const value = this.head(0);
		return value <= max ? value : this.fail();
	}

	int(): number {
		const negative = (this.bytes[this.at] ?? 0) >> 5 === 1;
		const value = this.head(negative ? 1 : 0);
		if (value > 0x7fffffff) this.fail();
		return negative ? -1 - value : value;
	}

	bool(): boolean {
		const value = this.head(7);
		return value === 20 || value === 21 ? value === 21 : this.fail();
	}

	text(): string {
		const bytes = this.take(this.head(3));
		try {
			return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(bytes);
		} catch {
			return this.fail();
		}
	}

	blob(): Uint8Array<ArrayBuffer> {
		return this.take(this.head(2));
	}

	end<F extends OutFrame>(frame: F): F {
		if (this.left === 0 && this.at !== this.bytes.length) this.fail();
		return frame;
	}
}

/** The bytes of a frame; throws a FrameError where one of its fields has no room. */
export function encodeFrame(frame: InFrame): Uint8Array<ArrayBuffer> {
	const w = new Writer();
	switch (frame.frame) {
		case "viewport":
			w.begin(1, 6);
			w.uint(frame.part, 100000);
			w.int(frame.x);
			w.int(frame.y);
			w.int(frame.width);
			w.int(frame.height);
			w.uint(frame.scale, 131072);
			return w.end(64);
		case "taken":
			w.begin(2, 1);
			w.uint(frame.tiles, 128);
			return w.end(16);
		case "preview":
			w.begin(3, 3);
			w.uint(frame.part, 100000);
			w.uint(frame.width, 512);
			w.uint(frame.height, 512);
			return w.end(32);
		case "read":
			w.begin(4, 5);
			w.uint(frame.part, 100000);
			w.int(frame.x);
			w.int(frame.y);
			w.int(frame.width);
			w.int(frame.height);
			return w.end(64);
		case "key":
			w.begin(8, 2);
			w.uint(frame.character, 1114111);
			w.uint(frame.code, 32767);
			return w.end(16);
		case "input":
			w.begin(9, 2);
			w.text(frame.text);
			w.bool(frame.final);
			return w.end(65536);
		case "erase":
			w.begin(10, 2);
			w.uint(frame.before, 1000);
			w.uint(frame.after, 1000);
			return w.end(32);
		case "mouse":
			w.begin(11, 6);
			w.uint(frame.type, 2);
			w.int(frame.x);
			w.int(frame.y);
			w.uint(frame.count, 3);
			w.uint(frame.buttons, 7);
			w.uint(frame.modifiers, 28672);
			return w.end(48);
		case "select":
			w.begin(12, 3);
			w.uint(frame.type, 2);
			w.int(frame.x);
			w.int(frame.y);
			return w.end(32);
		case "paste":
			w.begin(13, 2);
			w.text(frame.mime);
			w.blob(frame.bytes);
			return w.end(4194000);
		case "command":
			w.begin(14, 2);
			w.text(frame.name);
			w.blob(frame.arguments);
			return w.end(65536);
		case "find":
			w.begin(15, 3);
			w.text(frame.text);
			w.bool(frame.backward);
			w.bool(frame.exact);
			return w.end(4096);
		case "replace":
			w.begin(16, 4);
			w.text(frame.text);
			w.text(frame.with);
			w.bool(frame.all);
			w.bool(frame.exact);
			return w.end(8192);
		case "ask":
			w.begin(17, 1);
			w.text(frame.name);
			return w.end(256);
		case "read_out":
			w.begin(18, 0);
			return w.end(4);
		case "resume":
			w.begin(19, 1);
			w.uint(frame.view, 4294967295);
			return w.end(16);
	}
}

/**
 * The frame that bytes are, or undefined for one that this page is too old to know.
 * Throws a FrameError where they are none. What is bytes in it is a part of them.
 */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): OutFrame | undefined {
	const r = new Reader(bytes);
	switch (r.begin()) {
		case 64:
			r.fields(5, 300000);
			return r.end({
				frame: "tile",
				part: r.uint(100000),
				column: r.uint(16777216),
				row: r.uint(16777216),
				scale: r.uint(131072),
				pixels: r.blob(),
			});
		case 65:
			r.fields(5, 64);
			return r.end({
				frame: "stale",
				part: r.uint(100000),
				x: r.int(),
				y: r.int(),
				width: r.int(),
				height: r.int(),
			});
		case 66:
			r.fields(4, 1100000);
			return r.end({
				frame: "picture",
				part: r.uint(100000),
				width: r.uint(512),
				height: r.uint(512),
				pixels: r.blob(),
			});
		case 72:
			r.fields(6, 64);
			return r.end({
				frame: "cursor",
				view: r.uint(4294967295),
				part: r.uint(100000),
				x: r.int(),
				y: r.int(),
				width: r.int(),
				height: r.int(),
			});
		case 73:
			r.fields(2, 16);
			return r.end({
				frame: "shown",
				view: r.uint(4294967295),
				shown: r.bool(),
			});
		case 74:
			r.fields(3, 65536);
			return r.end({
				frame: "selection",
				view: r.uint(4294967295),
				part: r.uint(100000),
				rectangles: r.text(),
			});
		case 75:
			r.fields(3, 256);
			return r.end({
				frame: "cell",
				view: r.uint(4294967295),
				part: r.uint(100000),
				place: r.text(),
			});
		case 76:
			r.fields(1, 4096);
			return r.end({
				frame: "graphic",
				place: r.text(),
			});
		case 77:
			r.fields(1, 256);
			return r.end({
				frame: "address",
				address: r.text(),
			});
		case 78:
			r.fields(1, 16);
			return r.end({
				frame: "moved",
				part: r.uint(100000),
			});
		case 80:
			r.fields(1, 1048576);
			return r.end({
				frame: "formula",
				text: r.text(),
			});
		case 81:
			r.fields(1, 1048576);
			return r.end({
				frame: "comment",
				json: r.text(),
			});
		case 82:
			r.fields(1, 1048576);
			return r.end({
				frame: "change",
				json: r.text(),
			});
		case 83:
			r.fields(2, 1048576);
			return r.end({
				frame: "found",
				found: r.bool(),
				json: r.text(),
			});
		case 84:
			r.fields(1, 1048576);
			return r.end({
				frame: "selected",
				text: r.text(),
			});
		case 85:
			r.fields(4, 1048576);
			return r.end({
				frame: "reading",
				part: r.uint(100000),
				x: r.int(),
				y: r.int(),
				text: r.text(),
			});
		case 88:
			r.fields(2, 4194000);
			return r.end({
				frame: "clip",
				mime: r.text(),
				bytes: r.blob(),
			});
		case 92:
			r.fields(2, 32);
			return r.end({
				frame: "exported",
				save: r.uint(4294967295),
				code: r.uint(32767),
			});
		case 93:
			r.fields(2, 32);
			return r.end({
				frame: "printed",
				save: r.uint(4294967295),
				code: r.uint(32767),
			});
		case 96:
			r.fields(6, 65536);
			return r.end({
				frame: "status",
				kind: r.uint(3),
				parts: r.uint(100000),
				part: r.uint(100000),
				width: r.int(),
				height: r.int(),
				pages: r.text(),
			});
		case 97:
			r.fields(2, 4096);
			return r.end({
				frame: "state",
				name: r.text(),
				value: r.text(),
			});
		case 98:
			r.fields(2, 1048576);
			return r.end({
				frame: "answer",
				name: r.text(),
				json: r.text(),
			});
		case 99:
			r.fields(3, 1024);
			return r.end({
				frame: "person",
				view: r.uint(4294967295),
				name: r.text(),
				here: r.bool(),
			});
		case 100:
			r.fields(3, 512);
			return r.end({
				frame: "refused",
				number: r.uint(255),
				code: r.uint(32767),
				name: r.text(),
			});
		case 101:
			r.fields(1, 1048576);
			return r.end({
				frame: "names",
				names: r.text(),
			});
		case 102:
			r.fields(1, 16);
			return r.end({
				frame: "kept",
				count: r.uint(4294967295),
			});
		case 103:
			r.fields(4, 32);
			return r.end({
				frame: "resumed",
				view: r.uint(4294967295),
				count: r.uint(4294967295),
				known: r.bool(),
				fresh: r.bool(),
			});
		default:
			return undefined;
	}
}
