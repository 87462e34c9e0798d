// Package dates reads the times that portals, spreadsheets and scripts write into CSV files: ISO 8601, day first, month
// first, twelve-hour clocks, serial numbers of spreadsheets.
//
// A single cell such as 3/4/2026 does not say which number is the day. A [Decider] therefore looks at all cells of a file
// and decides once for all of them, or says why it cannot. [Form] then reads the cells. Nothing is guessed: what cannot be
// told is an [*Error] whose text says what to do and never quotes the cell.
package dates
