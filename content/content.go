// Package content holds the prebuilt reports and detections as files: a .yaml with what a reader sees and a .kql with the
// question. Adding one is adding two files.
package content

import "embed"

// Files has reports/*.{yaml,kql} and detections/*.{yaml,kql}.
//
//go:embed reports detections
var Files embed.FS
