package ingest

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"passtrail/internal/store"
)

// spoolRows is how many rows of a snapshot are held in memory, read back at once, and stored at once.
const spoolRows = 10_000

// rows are rows of a snapshot, of one of the two kinds.
type rows struct {
	Regs  []store.Registration
	Roles []store.RoleAssignment
}

func (r *rows) len() int { return len(r.Regs) + len(r.Roles) }

// spool keeps rows of snapshots in a temporary file until the end of a run: which pages are one snapshot is not known
// before, and those of a large directory do not fit into memory. The file has no name, so that nobody else reads it and a
// kill leaves nothing.
type spool struct {
	f   *os.File
	end int64
}

// chunk is where rows lie in the spool.
type chunk struct{ at, size int64 }

func (s *spool) put(r *rows) (chunk, error) {
	if s.f == nil {
		f, err := os.CreateTemp("", "passtrail-ingest-") // 0600
		if err != nil {
			return chunk{}, fmt.Errorf("rows of snapshots: %w", err)
		}
		if err := os.Remove(f.Name()); err != nil {
			return chunk{}, errors.Join(err, f.Close())
		}
		s.f = f
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(r); err != nil {
		return chunk{}, fmt.Errorf("rows of snapshots: %w", err)
	}
	c := chunk{s.end, int64(b.Len())}
	if _, err := s.f.WriteAt(b.Bytes(), c.at); err != nil {
		return chunk{}, fmt.Errorf("rows of snapshots (the folder is that of TMPDIR): %w", err)
	}
	s.end += c.size
	return c, nil
}

func (s *spool) get(c chunk) (*rows, error) {
	r := new(rows)
	if err := gob.NewDecoder(io.NewSectionReader(s.f, c.at, c.size)).Decode(r); err != nil {
		return nil, fmt.Errorf("rows of snapshots: %w", err)
	}
	return r, nil
}

// close lets go of the file.
func (s *spool) close() error {
	if s.f == nil {
		return nil
	}
	err := s.f.Close()
	s.f = nil
	return err
}
