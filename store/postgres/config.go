package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
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
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the URL of the store is not of the form postgres://USER@HOST/NAME")
	}
	config, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, errors.New("the URL of the store has settings that PostgreSQL does not have, or values that they cannot have")
	}
	if remote(config.ConnConfig) {
		switch mode := sslmode(u); mode {
		case "":
			q := u.Query()
			q.Set("sslmode", "verify-full")
			u.RawQuery = q.Encode()
			if config, err = pgxpool.ParseConfig(u.String()); err != nil {
				return nil, errors.New("the URL of the store cannot be read with sslmode=verify-full")
			}
		case "allow", "prefer":
			return nil, fmt.Errorf("sslmode=%s of the store goes on in the clear where the server says that it has no TLS: write verify-full, or disable", mode)
		}
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

// remote tells whether any host is, or may be, another machine.
func remote(c *pgx.ConnConfig) bool {
	hosts := []string{c.Host}
	for _, f := range c.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		ip, err := netip.ParseAddr(host)
		if !strings.HasPrefix(host, "/") && !strings.HasPrefix(host, "@") && host != "localhost" && (err != nil || !ip.IsLoopback()) {
			return true
		}
	}
	return false
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
