package storetest

import "syscall"

// dieWithTest lets a server not outlive a test that was killed.
func dieWithTest(p *syscall.SysProcAttr) { p.Pdeathsig = syscall.SIGINT }
