package simulate

import (
	"fmt"
	"io"
	"slices"

	"passtrail"
)

// tree writes diagnostic records as blobs, one for each hour: records of the hour that is being written go straight
// there, late ones are added to the blobs of their hours.
type tree struct {
	out    *folder
	tenant string
	end    passtrail.Ticks
	hour   passtrail.Ticks
	w      io.WriteCloser
	b      []byte
	late   map[passtrail.Ticks][]byte
	size   int
}

// maxLate bounds the bytes of late records that are held back.
const maxLate = 8 << 20

func (t *tree) write(e *event) error {
	hour := e.time - e.time%passtrail.Hour
	if hour > t.hour || t.w == nil {
		if err := t.begin(hour); err != nil {
			return err
		}
	}
	if hour != t.hour {
		return t.hold(hour, e)
	}
	t.b = append(e.appendDiagnostic(t.b, t.tenant), "\r\n"...)
	if len(t.b) > 256<<10 {
		return t.flush()
	}
	return nil
}

// blob is the path of an hour's blob.
func (t *tree) blob(hour passtrail.Ticks) string {
	h := hour.Time()
	return fmt.Sprintf("insights-logs-auditlogs/tenantId=%s/y=%04d/m=%02d/d=%02d/h=%02d/m=00/PT1H.json", t.tenant, h.Year(), h.Month(), h.Day(), h.Hour())
}

// begin opens the blob of an hour.
func (t *tree) begin(hour passtrail.Ticks) error {
	if err := t.endHour(); err != nil {
		return err
	}
	w, err := t.out.append(t.blob(hour))
	t.w, t.hour = w, hour
	return err
}

// hold keeps a late record until many have come.
func (t *tree) hold(hour passtrail.Ticks, e *event) error {
	if t.late == nil {
		t.late = map[passtrail.Ticks][]byte{}
	}
	before := len(t.late[hour])
	t.late[hour] = append(e.appendDiagnostic(t.late[hour], t.tenant), "\r\n"...)
	if t.size += len(t.late[hour]) - before; t.size > maxLate {
		return t.addLate()
	}
	return nil
}

// addLate adds late records to their blobs.
func (t *tree) addLate() error {
	hours := make([]passtrail.Ticks, 0, len(t.late))
	for h := range t.late {
		hours = append(hours, h)
	}
	slices.Sort(hours)
	for _, h := range hours {
		w, err := t.out.append(t.blob(h))
		if err != nil {
			return err
		}
		t.out.written.files--
		if _, err = w.Write(t.late[h]); err == nil {
			err = w.Close()
		}
		if err != nil {
			return err
		}
	}
	t.late, t.size = nil, 0
	return nil
}

func (t *tree) flush() error {
	_, err := t.w.Write(t.b)
	t.b = t.b[:0]
	return err
}

func (t *tree) endHour() error {
	if t.w == nil {
		return nil
	}
	err := t.flush()
	if cerr := t.w.Close(); err == nil {
		err = cerr
	}
	t.w = nil
	return err
}

func (t *tree) close() error {
	if err := t.endHour(); err != nil {
		return err
	}
	return t.addLate()
}
