//go:build unix

package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a PostgreSQL of a test's own: it lies in a temporary folder and is
// reached by a socket there. It must be stopped.
type Cluster struct {
	programs string // the folder
	dir      string
	server   *exec.Cmd
	ended    chan struct{} // closed when server ended
	made     atomic.Int64  // databases
}

// StartCluster makes and starts one. Each argument is a setting of
// postgresql.conf, such as max_connections=20. It does not wait for the disk
// (fsync=off): a server that is killed loses nothing by that, a machine would.
func StartCluster(settings ...string) (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs, dir: dir}
	if err = c.make(settings); err == nil {
		err = c.Start()
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func findPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // where Debian has them
	if len(found) == 0 {
		return "", errors.New("these tests need PostgreSQL: run scripts/need postgresql, or install the package postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

func (c *Cluster) make(settings []string) error {
	as, err := ownUser()
	if err != nil {
		return err
	}
	if as != nil {
		if err := os.Chown(c.dir, int(as.Uid), int(as.Gid)); err != nil {
			return err
		}
	}
	initdb := c.command("initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-D", c.data())
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(f, "\nlisten_addresses = ''\nunix_socket_directories = '%s'\nmax_connections = 200\nfsync = off\n", c.dir)
	for _, s := range settings {
		fmt.Fprintln(f, s)
	}
	return f.Close()
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

// Socket is the file by which the server is reached.
func (c *Cluster) Socket() string { return filepath.Join(c.dir, ".s.PGSQL.5432") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.programs, name), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	as, _ := ownUser()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	dieWithTest(cmd.SysProcAttr)
	return cmd
}

// ownUser is the user that PostgreSQL runs as: it refuses to be root.
func ownUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root: %w", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

// Start starts the server and waits until it answers.
func (c *Cluster) Start() error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		if err := c.launch(); err != nil {
			return err
		}
		err := c.ready(deadline)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		// A server that was killed lets go of its memory when the last of its
		// processes has noticed.
	}
}

func (c *Cluster) launch() error {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c.server = c.command("postgres", "-D", c.data())
	c.server.Stdout, c.server.Stderr = log, log
	c.ended = make(chan struct{})
	started := make(chan error)
	go func() {
		// The server ends with the thread that started it.
		runtime.LockOSThread()
		defer log.Close()
		defer close(c.ended)
		err := c.server.Start()
		started <- err
		if err == nil {
			c.server.Wait()
		}
	}()
	return <-started
}

func (c *Cluster) ready(deadline time.Time) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		state, _ := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
		if lines := strings.Split(string(state), "\n"); len(lines) > 7 && lines[0] == strconv.Itoa(c.server.Process.Pid) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("postgres ended: %s", c.said())
		case <-tick.C:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("postgres does not answer: %s", c.said())
		}
	}
}

func (c *Cluster) said() []byte {
	log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
	lines := bytes.Split(log, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-20):], []byte("\n"))
}

// Kill kills the server as a crash would; it can be started again.
func (c *Cluster) Kill() { c.end(syscall.SIGKILL) }

// Halt breaks all connections off and ends the server; it can be started again.
func (c *Cluster) Halt() { c.end(syscall.SIGINT) }

func (c *Cluster) end(by syscall.Signal) {
	if c.server == nil || c.server.Process == nil {
		return
	}
	c.server.Process.Signal(by)
	<-c.ended
}

// Stop ends the server and deletes all that it kept.
func (c *Cluster) Stop() error {
	c.Halt()
	return os.RemoveAll(c.dir)
}

// NewDatabase makes an empty database and returns its URL.
func (c *Cluster) NewDatabase(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	admin, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(ctx)
	name := fmt.Sprint("test", c.made.Add(1))
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return c.URL(name)
}

// URL is that of a database of the cluster, by its socket.
func (c *Cluster) URL(name string) string {
	return "postgres:///" + name + "?" + url.Values{"host": {c.dir}, "user": {"postgres"}}.Encode()
}
