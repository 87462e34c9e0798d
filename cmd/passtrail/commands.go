package main

import "github.com/spf13/cobra"

// commands makes every command, in the order that help shows them.
var commands = []func(*app) *cobra.Command{
	newInitCommand,
	newIngestCommand,
	newQuarantineCommand,
	newReportCommand,
	newEventsCommand,
	newAttemptsCommand,
	newPersonCommand,
	newQueryCommand,
	newSourcesCommand,
	newTenantCommand,
	newRebuildCommand,
	newSimulateCommand,
	newVersionCommand,
}
