package serve

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"sallyport/jsonline"
)

// openLog makes the log that the configuration asks for.
func (s *server) openLog() (end func(), err error) {
	c := s.config.Log
	out, closeFile := s.options.Stdout, func() {}
	switch c.Output {
	case "stdout":
	case "stderr":
		out = s.options.Stderr
	default:
		f, err := os.OpenFile(c.Output, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		out, closeFile = f, func() { f.Close() }
	}
	s.level = new(slog.LevelVar)
	if err := s.level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	lines := newBatch(out)
	s.log = slog.New(handler(lines, c.Format, s.level))
	if c.Format != "text" {
		s.options.Build.Lines = lines
	}
	return func() { lines.close(); closeFile() }, nil
}

func handler(out io.Writer, format string, level slog.Leveler) slog.Handler {
	if format != "text" {
		return &jsonline.Handler{Out: out, Level: level}
	}
	return slog.NewTextHandler(out, &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			a.Key = "ts"
		}
		return a
	}})
}
