// Package endtoend holds tests of the whole way of a record: a simulated tenant is written in every wire format, taken in,
// stored, derived and asked about, and each answer is held against what the simulator knows to be true.
package endtoend
