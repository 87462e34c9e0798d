package vocab

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// What decides the meaning of a text: the tables, and the code that reads them.
//
//go:embed *.go data/*.tsv
var sources embed.FS

// Digest is a digest of all that decides what [Classify] and the tables answer. It differs whenever an answer may differ,
// so that what was made with another one can be made anew; a comment that was reworded makes it differ as well.
func Digest() [sha256.Size]byte { return DigestOf(sources) }

// DigestOf is the digest of the files of a tree, by name and content. Tests do not count.
func DigestOf(tree fs.FS) (sum [sha256.Size]byte) {
	h := sha256.New()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		b, err := fs.ReadFile(tree, name)
		fmt.Fprintf(h, "%s %d\n", name, len(b))
		h.Write(b)
		return err
	})
	if err != nil {
		panic(err) // embedded
	}
	h.Sum(sum[:0])
	return sum
}
