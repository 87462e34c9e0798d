// Package normalise turns raw documents into [passtrail.Record] values and snapshot rows, one function per upstream
// shape, without I/O. The shape is told from a document's content. What cannot be read is a [Fault] with a stable code.
//
// Start at [Normaliser.Read]; [Restore] is its inverse.
//
// # Nothing is lost
//
// [Restore] gives a record back as the document it came from, member by member (the order of members and insignificant
// space are not kept). The columns of a record and its nested values say most of it; each shape has a usual form that
// follows from them, for instance a diagnostic record whose resultDescription repeats the reason and whose Level is
// "Informational". What differs from the usual form is in [passtrail.Record.Extra], a JSON object, or "" when nothing
// does:
//
//   - a member the shape does not know stands under its own name;
//   - "$raw" is an object with the members whose value differs from the usual one, as they came;
//   - "$absent" is an array with the names of usual members that the document did not have;
//   - "$names" is an object from a usual name to the name that the document had for it (portal CSV in other languages,
//     names in another casing);
//   - "$as" is an object with the members of a document with names in another casing whose value was rewritten with the
//     usual names inside it, as they came, under their usual names;
//   - "properties" is, for a diagnostic record, an object of the same make for the members of its properties.
//
// Left out by rule, here and in comparisons: members of a diagnostic record's properties whose names begin with
// __UDI_RequiredFields_ (internal plumbing of the service, which repeats other fields), and empty cells of CSV files.
//
// The usual forms:
//
//   - Graph: the members of directoryAudit, without userAgent unless there is one; the time with seven digits and Z.
//   - Diagnostic: time (seven digits, Z), resourceId "/tenants/{tenant}/providers/Microsoft.aadiam", operationName (the
//     activity), operationVersion "1.0", category "AuditLogs", tenantId, resultSignature "None", resultDescription (the
//     reason), durationMs 0, callerIpAddress (the actor's address), correlationId, identity (the actor's name), Level
//     "Informational", and properties as in Graph with activityDateTime in six digits and +00:00.
//   - Log Analytics: the columns of AuditLogs as far as columns of the record say them, see analyticsForm.
//   - Portal CSV: the columns that the record's nested values say, see portalForm.
//   - Early 2018 records: none; the members that are not plain columns stand in Extra.
package normalise
