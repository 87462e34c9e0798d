package main

import (
	"net"
	"os/user"
	"strconv"
	"syscall"
)

// peerOf names who opened a connection to the command socket, as the kernel has it; "" where that cannot be told.
func peerOf(conn net.Conn) string {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return ""
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return ""
	}
	name := ""
	err = raw.Control(func(fd uintptr) {
		who, err := syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
		if err != nil {
			return
		}
		id := strconv.FormatUint(uint64(who.Uid), 10)
		name = "local:uid " + id
		if u, err := user.LookupId(id); err == nil {
			name = "local:" + u.Username
		}
	})
	if err != nil {
		return ""
	}
	return name
}
