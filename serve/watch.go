package serve

import (
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher tells when the content of any of a set of files has changed. It
// watches their folders, since editors and Kubernetes replace files rather
// than write them, and compares content, since most events change none.
type watcher struct {
	notify  *fsnotify.Watcher
	files   []string
	folders []string
	digest  [sha256.Size]byte
	log     *slog.Logger
}

// settle is how long files must be quiet before they are compared: a save is
// several events.
const settle = 100 * time.Millisecond

func newWatcher(log *slog.Logger) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{notify: notify, log: log}
	return w, nil
}

// set names the files to watch from now on.
func (w *watcher) set(files []string) {
	w.files = files
	folders := []string{}
	for _, f := range files {
		for _, folder := range []string{filepath.Dir(f), resolvedFolder(f)} {
			if !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
		}
	}
	for _, old := range w.folders {
		if !slices.Contains(folders, old) {
			w.notify.Remove(old)
		}
	}
	for _, folder := range folders {
		if err := w.notify.Add(folder); err != nil {
			w.log.Warn("watching files", "folder", folder, "error", err)
		}
	}
	w.folders = folders
	w.digest = w.content()
}

func resolvedFolder(file string) string {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return filepath.Dir(real)
	}
	return filepath.Dir(file)
}

// next blocks until a content has changed (true) or done is closed (false).
func (w *watcher) next(done <-chan struct{}) bool {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-done:
			return false
		case <-w.notify.Events:
			timer.Reset(settle)
		case err := <-w.notify.Errors:
			w.log.Warn("watching files", "error", err)
		case <-timer.C:
			if digest := w.content(); digest != w.digest {
				w.digest = digest
				return true
			}
		}
	}
}

func (w *watcher) content() [sha256.Size]byte {
	h := sha256.New()
	for _, name := range w.files {
		io.WriteString(h, name)
		if f, err := os.Open(name); err == nil {
			io.Copy(h, io.LimitReader(f, 64<<20))
			f.Close()
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func (w *watcher) close() { w.notify.Close() }
