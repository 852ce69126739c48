// A verifier of a log folder that shares no code with the project: the Go
// module golang.org/x/mod (sumdb/note and sumdb/tlog) checks the checkpoint's
// signature, every tile from the root down, every entry's inclusion, and that
// an older checkpoint is a beginning of this log.
//
//	verify FOLDER VKEY-FILE [OLDER-CHECKPOINT-FILE]
//	verify --flips FOLDER VKEY-FILE
//
// With --flips it must refuse the log with any one byte of its files another.
//
// Debian: golang-go, golang-golang-x-mod-dev;
// GO111MODULE=off GOPATH=<empty folder>:/usr/share/gocode.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// indexPath writes a tile's index as C2SP tlog-tiles does: x001/x234/067.
func indexPath(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

// flip is the bit of a byte that --flips turns: base64's digits become ones
// that no spare bits at its end can hide.
const flip = 0x10

// files are those that were read; altered is one of them, with a byte flipped.
var (
	files   = make(map[string][]byte)
	altered struct {
		path string
		data []byte
	}
)

func readFile(path string) ([]byte, error) {
	if path == altered.path {
		return altered.data, nil
	}
	if data, ok := files[path]; ok {
		return data, nil
	}
	data, err := os.ReadFile(path)
	if err == nil {
		files[path] = data
	}
	return data, err
}

// readWidth reads a file of w of 256 parts: the partial one, else the head of
// the full one, which head cuts out.
func readWidth(path string, w int, head func([]byte) ([]byte, error)) ([]byte, error) {
	if w < width {
		data, err := readFile(fmt.Sprintf("%s.p/%d", path, w))
		if !errors.Is(err, os.ErrNotExist) {
			return data, err
		}
	}
	data, err := readFile(path)
	if err != nil || w == width {
		return data, err
	}
	return head(data)
}

// tiles reads tiles from the folder; tlog checks them.
type tiles struct {
	folder string
	cache  map[tlog.Tile][]byte
}

func (t *tiles) Height() int                                { return height }
func (t *tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		data, ok := t.cache[tile]
		if !ok {
			var err error
			size := tile.W * tlog.HashSize
			path := filepath.Join(t.folder, "tile",
				strconv.Itoa(tile.L), indexPath(tile.N))
			data, err = readWidth(path, tile.W, func(full []byte) ([]byte, error) {
				if len(full) < size {
					return nil, fmt.Errorf("%s: too short", path)
				}
				return full[:size], nil
			})
			if err != nil {
				return nil, err
			}
			if len(data) != size {
				return nil, fmt.Errorf("%s: not of %d hashes", path, tile.W)
			}
			t.cache[tile] = data
		}
		all = append(all, data)
	}
	return all, nil
}

// openCheckpoint verifies a checkpoint's signature, and parses it:
// tlog.ParseTree wants another header, so it's done here.
func openCheckpoint(file string, verifier note.Verifier) (tlog.Tree, error) {
	var tree tlog.Tree
	message, err := readFile(file)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tree, fmt.Errorf("%s: %v", file, err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("%s: not this log's checkpoint", file)
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || tree.N < 0 || strconv.FormatInt(tree.N, 10) != lines[1] {
		return tree, fmt.Errorf("%s: bad size", file)
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	if err != nil {
		return tree, fmt.Errorf("%s: bad root", file)
	}
	return tree, nil
}

// split takes n entries off a bundle, which must hold no more where exact.
func split(bundle []byte, n int, exact bool) ([][]byte, []byte, error) {
	var entries [][]byte
	rest := bundle
	for len(entries) < n {
		if len(rest) < 2 {
			return nil, nil, errors.New("too few entries")
		}
		size := 2 + int(binary.BigEndian.Uint16(rest))
		if len(rest) < size {
			return nil, nil, errors.New("entry cut short")
		}
		entries = append(entries, rest[2:size])
		rest = rest[size:]
	}
	if exact && len(rest) > 0 {
		return nil, nil, errors.New("too many bytes")
	}
	return entries, bundle[:len(bundle)-len(rest)], nil
}

// checkBundle compares each entry's hash with the authenticated one.
func checkBundle(folder string, n int64, w int, hashes tlog.HashReader) error {
	path := filepath.Join(folder, "tile/entries", indexPath(n))
	data, err := readWidth(path, w, func(full []byte) ([]byte, error) {
		_, head, err := split(full, w, false)
		return head, err
	})
	if err != nil {
		return err
	}
	entries, _, err := split(data, w, true)
	if err != nil {
		return fmt.Errorf("%s: %v", path, err)
	}
	indexes := make([]int64, w)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, n*width+int64(i))
	}
	authentic, err := hashes.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != authentic[i] {
			return fmt.Errorf("%s: entry %d is not the signed one",
				path, n*width+int64(i))
		}
	}
	return nil
}

// checkProofs makes and checks proofs of some entries, as a client would.
func checkProofs(tree tlog.Tree, hashes tlog.HashReader) error {
	for i := int64(0); i < tree.N; i += 1 + tree.N/97 {
		proof, err := tlog.ProveRecord(tree.N, i, hashes)
		if err != nil {
			return err
		}
		leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, leaf[0]); err != nil {
			return err
		}
	}
	return nil
}

func openKey(vkeyFile string) (note.Verifier, error) {
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(strings.TrimSuffix(string(vkey), "\n"))
}

func verify(folder string, verifier note.Verifier, olderFile string) (string, error) {
	tree, err := openCheckpoint(filepath.Join(folder, "checkpoint"), verifier)
	if err != nil {
		return "", err
	}
	reader := &tiles{folder, make(map[tlog.Tile][]byte)}
	hashes := tlog.TileHashReader(tree, reader)
	for n := int64(0); n*width < tree.N; n++ {
		w := width
		if left := tree.N - n*width; left < width {
			w = int(left)
		}
		if err := checkBundle(folder, n, w, hashes); err != nil {
			return "", err
		}
	}
	if err := checkProofs(tree, hashes); err != nil {
		return "", err
	}
	done := fmt.Sprintf("%d entries verified", tree.N)
	if olderFile == "" {
		return done, nil
	}
	older, err := openCheckpoint(olderFile, verifier)
	if err != nil {
		return "", err
	}
	proof, err := tlog.ProveTree(tree.N, older.N, hashes)
	if err != nil {
		return "", err
	}
	err = tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash)
	if err != nil {
		return "", fmt.Errorf("not consistent with %s: %v", olderFile, err)
	}
	return fmt.Sprintf("%s, consistent from %d to %d, %d hashes",
		done, older.N, tree.N, len(proof)), nil
}

// refuseFlips verifies the log with each byte of each of its files flipped.
func refuseFlips(folder string, verifier note.Verifier) (string, error) {
	if _, err := verify(folder, verifier, ""); err != nil {
		return "", err
	}
	refused := 0
	for path, data := range files {
		altered.path = path
		altered.data = append([]byte{}, data...)
		for i := range data {
			altered.data[i] ^= flip
			if _, err := verify(folder, verifier, ""); err == nil {
				return "", fmt.Errorf("%s: byte %d may be another", path, i)
			}
			altered.data[i] ^= flip
			refused++
		}
	}
	return fmt.Sprintf("%d flipped bytes refused, in %d files",
		refused, len(files)), nil
}

func run(args []string) (string, error) {
	flips := args[0] == "--flips"
	if flips {
		args = args[1:]
	}
	verifier, err := openKey(args[1])
	if err != nil {
		return "", err
	}
	if flips {
		return refuseFlips(args[0], verifier)
	}
	return verify(args[0], verifier, strings.Join(args[2:], ""))
}

func main() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: verify [--flips] FOLDER VKEY-FILE [OLDER]")
		os.Exit(2)
	}
	done, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "x/mod:", err)
		os.Exit(1)
	}
	fmt.Println("x/mod:", done)
}
