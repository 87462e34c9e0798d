package main

import "github.com/spf13/cobra"

// commands has a maker for every command, in the order that help shows them.
func commands() []func(*app) *cobra.Command {
	return []func(*app) *cobra.Command{
		newDemoCommand,
		newServeCommand,
		newSignInCommand,
		newInitCommand,
		newIngestCommand,
		newQuarantineCommand,
		newReportCommand,
		newEventsCommand,
		newAttemptsCommand,
		newPersonCommand,
		newQueryCommand,
		newSourcesCommand,
		newAccessLogCommand,
		newTenantCommand,
		newTokenCommand,
		newRebuildCommand,
		newVerifyCommand,
		newSimulateCommand,
		newVersionCommand,
	}
}
