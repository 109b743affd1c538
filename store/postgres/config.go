package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// settings hold on the server for each connection unless the URL says
// otherwise.
var settings = map[string]string{
	"application_name":  "sallyport",
	"statement_timeout": "30000",
	"lock_timeout":      "10000",
	// A node that was cut off in a transaction must not stop all others for long.
	"idle_in_transaction_session_timeout": "10000",
}

// connections is how many there are at most unless the URL says otherwise
// (pool_max_conns).
const connections = 16

// connectWithin is how long a connection may take to stand, likewise
// (connect_timeout).
const connectWithin = 5 * time.Second

// Parse reads a URL postgres://USER:PASSWORD@HOST:PORT/NAME?SETTING=VALUE with
// the settings of libpq, and holds it to what is safe. Where the host is
// another machine and sslmode is not set, it is verify-full. Its error shows
// nothing of the URL.
func Parse(text string) (*pgxpool.Config, error) {
	if len(text) > 4096 {
		return nil, errors.New("the URL of the store is longer than 4096 bytes")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Fragment != "" {
		return nil, errors.New("the URL of the store is not of the form postgres://USER@HOST/NAME")
	}
	config, err := pgxpool.ParseConfig(text)
	var file *fs.PathError
	switch {
	case errors.As(err, &file): // such as sslrootcert's
		return nil, fmt.Errorf("the URL of the store names a file: %w", file)
	case err != nil:
		return nil, errors.New("the URL of the store has settings that PostgreSQL does not have, or values that they cannot have")
	}
	if sslmode(u) == "" && mayBeClear(config.ConnConfig) {
		q := u.Query()
		q.Set("sslmode", "verify-full")
		u.RawQuery = q.Encode()
		if config, err = pgxpool.ParseConfig(u.String()); err != nil {
			return nil, errors.New("the URL of the store cannot be read with sslmode=verify-full")
		}
	}
	if sslmode(u) != "disable" && mayBeClear(config.ConnConfig) {
		return nil, errors.New("with sslmode allow or prefer, the store goes on in the clear where the server says that it has no TLS: write verify-full, or disable")
	}
	if config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		return nil, errors.New("default_query_exec_mode of the store must not be simple_protocol")
	}
	complete(config, u)
	return config, nil
}

func sslmode(u *url.URL) string {
	if q := u.Query(); q.Has("sslmode") {
		return q.Get("sslmode")
	}
	return os.Getenv("PGSSLMODE")
}

// mayBeClear tells whether it may come to speak to another machine without TLS:
// what allow and prefer do is to try with and without in turn.
func mayBeClear(c *pgx.ConnConfig) bool {
	return elsewhere(c.Host) && c.TLSConfig == nil ||
		slices.ContainsFunc(c.Fallbacks, func(f *pgconn.FallbackConfig) bool { return elsewhere(f.Host) && f.TLSConfig == nil })
}

// elsewhere tells whether a host is, or may be, another machine.
func elsewhere(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

func complete(config *pgxpool.Config, u *url.URL) {
	c := config.ConnConfig
	c.RuntimeParams["search_path"] = schema
	for name, value := range settings {
		if _, set := c.RuntimeParams[name]; !set {
			c.RuntimeParams[name] = value
		}
	}
	if c.ConnectTimeout == 0 || !u.Query().Has("connect_timeout") && os.Getenv("PGCONNECT_TIMEOUT") == "" {
		c.ConnectTimeout = connectWithin
		// A server that went without a word is noticed in half a minute.
		dialer := &net.Dialer{Timeout: connectWithin, KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4,
		}}
		c.DialFunc = dialer.DialContext
	}
	if !u.Query().Has("pool_max_conns") {
		config.MaxConns = connections
	}
	config.PingTimeout = time.Second
	config.AfterConnect = durable
}

// schema is where our tables are, in whatever database.
const schema = "sallyport"

// durable lets a commit wait for the disk where the server's default does not.
// A stronger setting, which waits for a second server, stays.
func durable(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = $1`, "off")
	return err
}
