package simulate

import (
	"encoding/hex"
	"math/rand/v2"

	"passtrail"
)

// guid is a GUID's 16 bytes.
type guid [16]byte

// newGUID draws a GUID of version 4.
func newGUID(rng *rand.Rand) guid {
	var g guid
	for i := 0; i < 16; i += 8 {
		x := rng.Uint64()
		for j := range 8 {
			g[i+j] = byte(x >> (8 * j))
		}
	}
	g[6], g[8] = g[6]&0x0f|0x40, g[8]&0x3f|0x80
	return g
}

// appendTo appends the text of a GUID.
func (g guid) appendTo(b []byte) []byte {
	var t [36]byte
	hex.Encode(t[0:8], g[0:4])
	hex.Encode(t[9:13], g[4:6])
	hex.Encode(t[14:18], g[6:8])
	hex.Encode(t[19:23], g[8:10])
	hex.Encode(t[24:], g[10:])
	t[8], t[13], t[18], t[23] = '-', '-', '-', '-'
	return append(b, t[:]...)
}

func (g guid) String() string { return string(g.appendTo(nil)) }

// event is one audit record of the model.
type event struct {
	time      passtrail.Ticks
	serial    uint32
	kind      *kind
	result    string // success, failure
	reason    string
	name      string // the spelling of the activity in this record
	corr      guid
	actor     *person // nil: app
	app       *app
	address   string
	target    *person
	object    *object // target of noise, nil otherwise
	agent     string  // OnPremisesAgent, "" without
	userAgent string  // as a detail on Core Directory records, as a column in the portal's CSV
	changed   []change
	planted   bool // part of planted abuse: delivered in forms that carry ids
}

// change is one modified property; values are JSON text as Entra writes it.
type change struct {
	name     string
	old, new string // "" is null
}

// app is an application as actor.
type app struct{ id, name, principal string }

// object is a target that is no person.
type object struct{ id, name, kind string }

// kind is what records of one activity have in common.
type kind struct {
	key       string // the vocabulary's key, "" for noise
	service   string
	category  string
	activity  string
	operation string
	prefix    string // of the id
}

const (
	sspr    = "Self-service Password Management"
	methods = "Authentication Methods"
	core    = "Core Directory"
	// The service of account recoveries is not documented: readers know them by their names.
	recoveries = "Account Recovery"
)

var (
	kindFlow         = &kind{"flow", sspr, "UserManagement", "Self-service password reset flow activity progress", "Update", "SSPR"}
	kindReset        = &kind{"reset", sspr, "UserManagement", "Reset password (self-service)", "Update", "SSPR"}
	kindUnlock       = &kind{"unlock", sspr, "UserManagement", "Unlock user account (self-service)", "Update", "SSPR"}
	kindBlocked      = &kind{"blocked", sspr, "UserManagement", "Blocked from self-service password reset", "Update", "SSPR"}
	kindChange       = &kind{"change", sspr, "UserManagement", "Change password (self-service)", "Update", "SSPR"}
	kindAdminReset   = &kind{"admin_reset", sspr, "UserManagement", "Reset password (by admin)", "Update", "SSPR"}
	kindRegistered   = &kind{"registered", sspr, "UserManagement", "User registered for self-service password reset", "Update", "SSPR"}
	kindWritebackOff = &kind{"writeback_off", sspr, "DirectoryManagement", "Disable password writeback for directory", "Update", "SSPR"}
	kindWriteback    = &kind{"writeback_on", sspr, "DirectoryManagement", "Enable password writeback for directory", "Update", "SSPR"}

	kindPolicy           = &kind{"policy", sspr, "PolicyManagement", "Update SSPR Settings", "Update", "SSPR"}
	kindMethodsPolicy    = &kind{"policy_methods", methods, "ApplicationManagement", "Authentication Methods Policy Update", "Update", "AuthMethods"}
	kindRecoverySettings = &kind{"recovery_settings", recoveries, "PolicyManagement", "Account Recovery settings updated", "Update", "Recovery"}

	kindRecoveryStarted   = &kind{"recovery_started", recoveries, "UserManagement", "User started account recovery", "Add", "Recovery"}
	kindIssuanceStarted   = &kind{"recovery_issuance_started", recoveries, "UserManagement", "User started identity issuance with certified partner", "Add", "Recovery"}
	kindIssuanceCompleted = &kind{"recovery_issuance_completed", recoveries, "UserManagement", "User completed identity issuance with certified partner", "Add", "Recovery"}
	kindDocumentFailed    = &kind{"recovery_document_failed", recoveries, "UserManagement", "User failed document validation", "Add", "Recovery"}
	kindPresented         = &kind{"recovery_presented", recoveries, "UserManagement", "User completed identity presentation", "Add", "Recovery"}
	kindFaceFailed        = &kind{"recovery_face_failed", recoveries, "UserManagement", "User failed face check comparison", "Add", "Recovery"}
	kindMatched           = &kind{"recovery_matched", recoveries, "UserManagement", "User account matched and validated", "Add", "Recovery"}
	kindNotMatched        = &kind{"recovery_not_matched", recoveries, "UserManagement", "User account not matched or validated", "Add", "Recovery"}
	kindRecoveryCompleted = &kind{"recovery_completed", recoveries, "UserManagement", "User completed account recovery", "Add", "Recovery"}

	kindPasskeyOptions = &kind{"passkey_options", methods, "UserManagement", "Get passkey creation options", "Add", "AuthMethods"}
	kindInfoStarted    = &kind{"info_started", methods, "UserManagement", "User started security info registration", "Add", "AuthMethods"}
	kindInfoRegistered = &kind{"info_registered", methods, "UserManagement", "User registered security info", "Add", "AuthMethods"}
	kindInfoAll        = &kind{"info_all_required", methods, "UserManagement", "User registered all required security info", "Add", "AuthMethods"}
	kindInfoCancelled  = &kind{"info_cancelled", methods, "UserManagement", "User canceled security info registration", "Add", "AuthMethods"}
	kindInfoReviewed   = &kind{"info_reviewed", methods, "UserManagement", "User reviewed security info", "Update", "AuthMethods"}
	kindInfoUpdated    = &kind{"info_updated", methods, "UserManagement", "User updated security info", "Update", "AuthMethods"}
	kindInfoDefault    = &kind{"info_default_changed", methods, "UserManagement", "User changed default security info", "Update", "AuthMethods"}
	kindInfoDeleted    = &kind{"info_deleted", methods, "UserManagement", "User deleted security info", "Delete", "AuthMethods"}
	kindAdminInfo      = &kind{"admin_info_registered", methods, "UserManagement", "Admin registered security info", "Add", "AuthMethods"}
	kindResetStarted   = &kind{"pw_reset_started", methods, "UserManagement", "user started password reset", "Update", "AuthMethods"}

	kindDirReset  = &kind{"dir_reset", core, "UserManagement", "Reset user password", "Update", "Directory"}
	kindDirChange = &kind{"dir_change", core, "UserManagement", "Change user password", "Update", "Directory"}
	kindDirSts    = &kind{"dir_sts", core, "UserManagement", "Update StsRefreshTokenValidFrom Timestamp", "Update", "Directory"}
	kindDirUpdate = &kind{"dir_update_user", core, "UserManagement", "Update user", "Update", "Directory"}
	kindDirForce  = &kind{"dir_force_change", core, "UserManagement", "Set force change user password", "Update", "Directory"}
)

// resetService is the actor of the directory writes behind a reset, syncService of the echo of a password hash sync.
var (
	resetService = &app{"93625bc8-bfe2-437a-97e0-3d0060024faa", "Microsoft password reset service", "0d7c1b52-4f6a-4e83-9b20-5a1e7c8f3d07"}
	syncService  = &app{"cb1056e2-e479-49de-ae31-7812af012ed8", "Microsoft Azure Active Directory Connect", "4b1f6d0e-93c5-4a57-8d1e-2f0b7a6c9d31"}
	groupService = &app{"0000001a-0000-0000-c000-000000000000", "Microsoft Approval Management", "77a0f1c4-5e2b-4c1d-9b3f-6d8e0a2c4b15"}
)

// sites are the middle parts of ids.
var sites = [...]string{"7Q2XV", "K3M8P", "WEU04", "EUS21"}

// appendID appends the id of a record: opaque to readers, the same in every form that carries ids.
func (e *event) appendID(b []byte) []byte {
	b = append(b, e.kind.prefix...)
	b = append(b, '_')
	b = e.corr.appendTo(b)
	b = append(b, '_')
	b = append(b, sites[e.serial%uint32(len(sites))]...)
	b = append(b, '_')
	return appendUint(b, uint64(e.serial))
}

func (e *event) id() string { return string(e.appendID(nil)) }

func appendUint(b []byte, n uint64) []byte {
	var t [20]byte
	i := len(t)
	for {
		i--
		t[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(b, t[i:]...)
		}
	}
}
