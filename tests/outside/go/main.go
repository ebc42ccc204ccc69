// Checks an exported lapx ledger (docs/protocol.md 9) with the Go project's transparency log
// packages, golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog, and nothing of lapx.
//
//	usage: verify_export FOLDER
//
// Exit code 0: the folder is a whole and consistent ledger, signed by the log of its policy.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// memory holds the hashes of the tree as tlog numbers them.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, m[i])
	}
	return out, nil
}

type ledger struct {
	dir        string
	policy     *policy
	checkpoint []byte
	tree       tlog.Tree
	entries    [][]byte
	expected   map[string]bool // every file that belongs to the export
}

func (l *ledger) read(name string) ([]byte, error) {
	l.expected[name] = true
	return os.ReadFile(filepath.Join(l.dir, name))
}

func (l *ledger) readHead() error {
	text, err := l.read("policy")
	if err != nil {
		return err
	}
	if l.policy, err = parsePolicy(string(text)); err != nil {
		return err
	}
	if l.checkpoint, err = l.read("checkpoint"); err != nil {
		return err
	}
	l.tree, err = l.policy.open(l.checkpoint)
	return err
}

func (l *ledger) readEntries() error {
	for _, t := range tilesOf(l.tree.N) {
		if t.L > 0 {
			break
		}
		name := bundlePath(t)
		data, err := l.read(name)
		if err != nil {
			return err
		}
		entries, err := parseBundle(data, t.W)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.entries = append(l.entries, entries...)
	}
	return nil
}

// checkTree hashes all entries anew and compares with the checkpoint's root and with every tile.
func (l *ledger) checkTree() error {
	var hashes memory
	for i, entry := range l.entries {
		if _, err := tlog.FormatRecord(int64(i), entry); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		more, err := tlog.StoredHashes(int64(i), entry, hashes)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(l.tree.N, hashes)
	if err != nil {
		return err
	}
	if root != l.tree.Hash {
		return errors.New("the entries do not have the checkpoint's root")
	}
	for _, t := range tilesOf(l.tree.N) {
		stored, err := l.read(tilePath(t))
		if err != nil {
			return err
		}
		computed, err := tlog.ReadTileData(t, hashes)
		if err != nil {
			return err
		}
		if !bytes.Equal(stored, computed) {
			return fmt.Errorf("%s is not the tile of the entries", tilePath(t))
		}
	}
	return nil
}

// checkTiles goes the way of a client that trusts only the checkpoint: from the root down to each
// entry, through the tiles.
func (l *ledger) checkTiles() error {
	reader := tlog.TileHashReader(l.tree, folderTiles{l.dir})
	for i, entry := range l.entries {
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil {
			return err
		}
		if leaf[0] != tlog.RecordHash(entry) {
			return fmt.Errorf("entry %d is not the one of its tile", i)
		}
	}
	return nil
}

// checkOpening checks that salt and data are what the entry commits to.
func checkOpening(entry, rest string) error {
	var kind, body, salt, data string
	for _, line := range strings.Split(strings.TrimSuffix(entry+rest, "\n"), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "kind":
			kind = value
		case "body":
			body = value
		case "salt":
			salt = value
		case "data":
			data = value
		}
	}
	saltOctets, err := base64.StdEncoding.DecodeString(salt)
	if err != nil || len(saltOctets) != 32 {
		return errors.New("its salt is malformed")
	}
	dataOctets, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return errors.New("its data is malformed")
	}
	h := sha256.New()
	h.Write([]byte("lapx/commit@v1\n" + kind + "\n"))
	h.Write(saltOctets)
	binary.Write(h, binary.BigEndian, uint64(len(dataOctets)))
	h.Write(dataOctets)
	if base64.StdEncoding.EncodeToString(h.Sum(nil)) != body {
		return errors.New("its opening is not what the entry commits to")
	}
	return nil
}

func (l *ledger) checkProof(name string) error {
	text, err := l.read(filepath.Join("proofs", name))
	if err != nil {
		return err
	}
	p, err := parseProof(string(text))
	if err != nil {
		return err
	}
	if name != fmt.Sprintf("%d.tlog-proof", p.index) {
		return errors.New("it has the name of another index")
	}
	if !bytes.Equal(p.checkpoint, l.checkpoint) {
		return errors.New("it has another checkpoint")
	}
	tree, err := l.policy.open(p.checkpoint)
	if err != nil {
		return err
	}
	at := strings.Index(string(p.extra), "\nsalt ")
	if at < 0 {
		return errors.New("it has no opening")
	}
	entry, rest := string(p.extra[:at+1]), string(p.extra[at+1:])
	if err := tlog.CheckRecord(p.hashes, tree.N, tree.Hash, p.index, tlog.RecordHash([]byte(entry))); err != nil {
		return err
	}
	return checkOpening(entry, rest)
}

func (l *ledger) checkProofs() (int, error) {
	files, err := os.ReadDir(filepath.Join(l.dir, "proofs"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		if err := l.checkProof(f.Name()); err != nil {
			return 0, fmt.Errorf("proofs/%s: %w", f.Name(), err)
		}
	}
	return len(files), nil
}

func (l *ledger) checkNothingElse() error {
	l.expected["README"] = true
	return filepath.WalkDir(l.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(l.dir, path)
		if err == nil && !l.expected[name] {
			err = fmt.Errorf("%s does not belong to the export", name)
		}
		return err
	})
}

func verify(dir string) error {
	l := &ledger{dir: dir, expected: map[string]bool{}}
	for _, step := range []func() error{l.readHead, l.readEntries, l.checkTree, l.checkTiles} {
		if err := step(); err != nil {
			return err
		}
	}
	proofs, err := l.checkProofs()
	if err != nil {
		return err
	}
	if err := l.checkNothingElse(); err != nil {
		return err
	}
	fmt.Printf("ok: %d entries, %d proofs\n", l.tree.N, proofs)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify_export FOLDER")
		os.Exit(2)
	}
	if err := verify(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}
