// Reading an exported ledger from its folder: policy, checkpoint, tiles, entries, proofs.

package main

import (
	"crypto/ed25519"
	"encoding/base64"
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

const tileHeight = 8

// A policy is what a C2SP tlog-policy file says, with at most one group of witnesses.
type policy struct {
	logs      []note.Verifier
	witnesses map[string]note.Verifier // by the policy's own names
	quorum    int
	members   []string
}

// A cosigner verifies C2SP tlog-cosignatures (type 0x04) as signatures of a note.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(c.key, []byte(text), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a witness's vkey is malformed")
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, errors.New("a witness's vkey is not of type 4")
	}
	return cosigner{parts[0], uint32(hash), ed25519.PublicKey(key[1:])}, nil
}

func parsePolicy(text string) (*policy, error) {
	p := &policy{witnesses: map[string]note.Verifier{}, quorum: -1}
	groups := map[string][]string{}
	need := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "log":
			v, err := note.NewVerifier(f[1])
			if err != nil {
				return nil, err
			}
			p.logs = append(p.logs, v)
		case len(f) == 3 && f[0] == "witness":
			v, err := newCosigner(f[2])
			if err != nil {
				return nil, err
			}
			p.witnesses[f[1]] = v
		case len(f) >= 4 && f[0] == "group":
			k, err := strconv.Atoi(f[2])
			if err != nil || k < 1 || k > len(f)-3 {
				return nil, errors.New("a group of the policy is malformed")
			}
			groups[f[1]], need[f[1]] = f[3:], k
		case len(f) == 2 && f[0] == "quorum" && p.quorum < 0:
			p.quorum, p.members = need[f[1]], groups[f[1]]
			if f[1] != "none" && p.quorum == 0 {
				return nil, errors.New("the policy's quorum is not defined")
			}
		default:
			return nil, fmt.Errorf("the policy has a line that is not understood: %q", line)
		}
	}
	if p.quorum < 0 || len(p.logs) == 0 {
		return nil, errors.New("the policy has no quorum or no log")
	}
	return p, nil
}

// open checks a checkpoint note: signed by a log of the policy whose name is the origin, cosigned by
// a quorum.
func (p *policy) open(msg []byte) (tlog.Tree, error) {
	known := append([]note.Verifier{}, p.logs...)
	for _, w := range p.witnesses {
		known = append(known, w)
	}
	n, err := note.Open(msg, note.VerifierList(known...))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.SplitAfter(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, errors.New("the checkpoint does not have three lines")
	}
	signed := map[string]bool{}
	for _, s := range n.Sigs {
		signed[fmt.Sprintf("%s+%08x", s.Name, s.Hash)] = true
	}
	byLog := false
	for _, l := range p.logs {
		byLog = byLog || l.Name()+"\n" == lines[0] && signed[fmt.Sprintf("%s+%08x", l.Name(), l.KeyHash())]
	}
	if !byLog {
		return tlog.Tree{}, errors.New("the checkpoint is not signed by its log")
	}
	cosigned := 0
	for _, m := range p.members {
		if w, ok := p.witnesses[m]; ok && signed[fmt.Sprintf("%s+%08x", w.Name(), w.KeyHash())] {
			cosigned++
		}
	}
	if cosigned < p.quorum {
		return tlog.Tree{}, errors.New("too few witnesses cosigned the checkpoint")
	}
	// The package's own parser wants the origin of the Go checksum database.
	return tlog.ParseTree([]byte("go.sum database tree\n" + lines[1] + lines[2]))
}

// tilePath is where a tile lies in the folder: as in C2SP tlog-tiles, the height is not in the name.
func tilePath(t tlog.Tile) string {
	return strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

// bundlePath is where the entries of a level 0 tile lie.
func bundlePath(t tlog.Tile) string {
	return strings.Replace(tilePath(t), "tile/0/", "tile/entries/", 1)
}

// tilesOf lists all tiles of a tree, partial ones last on each level.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for level, hashes := 0, size; hashes > 0; level, hashes = level+1, hashes>>tileHeight {
		full := hashes >> tileHeight
		for n := int64(0); n < full; n++ {
			tiles = append(tiles, tlog.Tile{H: tileHeight, L: level, N: n, W: 1 << tileHeight})
		}
		if w := int(hashes & (1<<tileHeight - 1)); w > 0 {
			tiles = append(tiles, tlog.Tile{H: tileHeight, L: level, N: full, W: w})
		}
	}
	return tiles
}

// folderTiles reads tiles for tlog.TileHashReader.
type folderTiles struct{ dir string }

func (f folderTiles) Height() int                                { return tileHeight }
func (f folderTiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (f folderTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(f.dir, tilePath(t)))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has the wrong length", tilePath(t))
		}
		out = append(out, data)
	}
	return out, nil
}

// parseBundle splits an entry bundle: each entry has its length before it, in two octets.
func parseBundle(data []byte, want int) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, errors.New("it is cut")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	if len(entries) != want {
		return nil, fmt.Errorf("it has %d entries instead of %d", len(entries), want)
	}
	return entries, nil
}

// A proof is a parsed C2SP tlog-proof.
type proof struct {
	extra      []byte
	index      int64
	hashes     tlog.RecordProof
	checkpoint []byte
}

func parseProof(text string) (*proof, error) {
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return nil, errors.New("it is no tlog-proof with an opening")
	}
	p := &proof{checkpoint: []byte(checkpoint)}
	var err error
	if p.extra, err = base64.StdEncoding.DecodeString(lines[1][6:]); err != nil {
		return nil, err
	}
	if p.index, err = strconv.ParseInt(lines[2][6:], 10, 64); err != nil {
		return nil, err
	}
	for _, line := range lines[3:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		p.hashes = append(p.hashes, h)
	}
	return p, nil
}
