package normalise

// The codes of [Fault]. They are stable: people filter the quarantine by them.
const (
	CodeNotJSON       = "not-json"
	CodeTruncated     = "truncated"
	CodeTooDeep       = "too-deep"
	CodeNotObject     = "not-object"
	CodeDuplicate     = "duplicate-member"
	CodeNoTime        = "no-time"
	CodeNoActivity    = "no-activity"
	CodeUnknownShape  = "unknown-shape"
	CodeBadValue      = "bad-value"
	CodeUnknownResult = "unknown-result"
	CodeLost          = "values-lost"
	CodeOtherLog      = "other-log"
)

// Fault says why a document cannot be read. Its reason never quotes the document.
type Fault struct {
	Code   string
	Reason string
	Offset int // byte of the document where the mistake was seen; 0 when the document as a whole is meant
}

func (f *Fault) Error() string { return f.Reason }
