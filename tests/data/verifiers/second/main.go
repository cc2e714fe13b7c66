// A verifier that is not ours: the code by which the Go project checks its own checksum database
// reads a log of Evenhand. It knows the published formats alone; nothing of Evenhand is in it.
//
//	second log FOLDER KEY            the whole log: note, tiles, entries, root
//	second since FOLDER KEY NOTE     that the log of FOLDER continues the one of an earlier note
//	second proofs                    one JSON proof per line of the input; true or false per line
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 3 && words[0] == "log":
		return wholeLog(words[1], words[2])
	case len(words) == 4 && words[0] == "since":
		return since(words[1], words[2], words[3])
	case len(words) == 1 && words[0] == "proofs":
		return proofs()
	}
	return errors.New("second log FOLDER KEY | since FOLDER KEY NOTE | proofs")
}

// opened gives the tree that a signed note names.
func opened(path, key string) (tlog.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	found, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(found.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// folder reads tiles as C2SP lays them out, which leaves out the height.
type folder string

func (f folder) Height() int                         { return height }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		read[i] = data
	}
	return read, nil
}

// entries gives the entries of one bundle.
func (f folder) entries(bundle int64, count int) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: bundle, W: count}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data", height), "tile/entries", 1)
	data, err := os.ReadFile(filepath.Join(string(f), path))
	if err != nil {
		return nil, err
	}
	var found [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends within an entry", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		found, data = append(found, data[2:end]), data[end:]
	}
	if len(found) != count {
		return nil, fmt.Errorf("%s has %d entries, not %d", path, len(found), count)
	}
	return found, nil
}

func wholeLog(path, key string) error {
	tree, err := opened(filepath.Join(path, "checkpoint"), key)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	memory := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	tiles := tlog.TileHashReader(tree, folder(path))
	for start := int64(0); start < tree.N; start += width {
		found, err := folder(path).entries(start/width, int(min(width, tree.N-start)))
		if err != nil {
			return err
		}
		var indexes []int64
		for i, entry := range found {
			hashes, err := tlog.StoredHashes(start+int64(i), entry, memory)
			if err != nil {
				return err
			}
			stored = append(stored, hashes...)
			indexes = append(indexes, tlog.StoredHashIndex(0, start+int64(i)))
		}
		// The reader holds each tile against the root before it gives anything of it.
		leaves, err := tiles.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, leaf := range leaves {
			if leaf != tlog.RecordHash(found[i]) {
				return fmt.Errorf("entry %d is not what its tile says", start+int64(i))
			}
		}
	}
	root, err := tlog.TreeHash(tree.N, memory)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the entries do not give the root that is signed")
	}
	fmt.Println(tree.N, tree.Hash)
	return nil
}

func since(path, key, earlier string) error {
	tree, err := opened(filepath.Join(path, "checkpoint"), key)
	if err != nil {
		return err
	}
	old, err := opened(earlier, key)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, folder(path)))
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return err
	}
	fmt.Println(old.N, tree.N)
	return nil
}

type proof struct {
	Leaf    string   `json:"leaf"`
	Index   int64    `json:"index"`
	Size    int64    `json:"size"`
	Root    string   `json:"root"`
	OldSize int64    `json:"old_size"`
	OldRoot string   `json:"old_root"`
	Path    []string `json:"path"`
}

func proofs() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var given proof
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			return err
		}
		fmt.Println(holds(given) == nil)
	}
	return lines.Err()
}

func holds(given proof) error {
	root, err := hash(given.Root)
	if err != nil {
		return err
	}
	path := make([]tlog.Hash, len(given.Path))
	for i, one := range given.Path {
		if path[i], err = hash(one); err != nil {
			return err
		}
	}
	if given.OldRoot != "" {
		old, err := hash(given.OldRoot)
		if err != nil {
			return err
		}
		return tlog.CheckTree(path, given.Size, root, given.OldSize, old)
	}
	leaf, err := hash(given.Leaf)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, given.Size, root, given.Index, leaf)
}

func hash(text string) (tlog.Hash, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) != tlog.HashSize {
		return tlog.Hash{}, errors.New("no hash")
	}
	var found tlog.Hash
	copy(found[:], data)
	return found, nil
}
