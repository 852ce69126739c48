// What a client of an open document and the server say to each other once it is open:
// frames, each a binary message of the WebSocket at /documents/view. Made from
// src/kit/frame.def by `make docs`, not by hand; that table says what each is for.

/** The bits of what a view may; read brings all but edit. */
export const RIGHTS = {
@rights
} as const;

@constants
/** The number of each frame. */
export const FRAMES = {
@numbers
} as const;

export type FrameName = keyof typeof FRAMES;

@interfaces
/** What a client sends. */
export type InFrame =
@in

/** What comes to it. */
export type OutFrame =
@out

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
@encode
	}
}

/**
 * The frame that bytes are, or undefined for one that this page is too old to know.
 * Throws a FrameError where they are none. What is bytes in it is a part of them.
 */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): OutFrame | undefined {
	const r = new Reader(bytes);
	switch (r.begin()) {
@decode
		default:
			return undefined;
	}
}
