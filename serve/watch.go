package serve

import (
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher tells when the content of any of a set of files has changed. It
// watches their folders, since editors and Kubernetes replace files and links
// rather than write them, and compares content, since most events change none.
type watcher struct {
	notify *fsnotify.Watcher
	log    *slog.Logger

	mu      sync.Mutex
	files   map[string][sha256.Size]byte // what each held when it was last looked at
	names   map[string]bool              // paths by whose change a file may hold something else
	folders []string                     // where those are
}

// settle is how long files must be quiet before they are compared: a save is
// several events.
const settle = 100 * time.Millisecond

func newWatcher(log *slog.Logger) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	return &watcher{notify: notify, log: log}, nil
}

// set names the files to watch from now on. What is watched already stays as
// it was last looked at: a change since then is still to be told.
func (w *watcher) set(files []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.files
	w.files = make(map[string][sha256.Size]byte, len(files))
	for _, name := range files {
		if held, ok := known[name]; ok {
			w.files[name] = held
		} else {
			w.files[name] = content(name)
		}
	}
	w.arrange()
}

// look notes what the files hold now, and tells whether that is news.
func (w *watcher) look() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := false
	for name, held := range w.files {
		if now := content(name); now != held {
			w.files[name], changed = now, true
		}
	}
	if changed {
		w.arrange() // a link may lead elsewhere now
	}
	return changed
}

// arrange watches the folders of everything that leads to a file.
func (w *watcher) arrange() {
	w.names = make(map[string]bool)
	var folders []string
	for file := range w.files {
		for _, name := range leadingTo(file) {
			w.names[name] = true
			folders = append(folders, filepath.Dir(name))
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
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
}

// next blocks until a content has changed (true) or done is closed (false).
func (w *watcher) next(done <-chan struct{}) bool {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-done:
			return false
		case event := <-w.notify.Events:
			// A log in the same folder is written all the time: it must
			// neither cost a comparison nor put one off.
			if w.concerns(event.Name) {
				timer.Reset(settle)
			}
		case err := <-w.notify.Errors:
			w.log.Warn("watching files", "error", err)
			timer.Reset(settle) // events were lost, perhaps one of ours
		case <-timer.C:
			if w.look() {
				return true
			}
		}
	}
}

func (w *watcher) concerns(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.names[name]
}

func (w *watcher) close() { w.notify.Close() }

// content is the hash of what a file holds; of nothing if it cannot be read.
func content(name string) [sha256.Size]byte {
	h := sha256.New()
	if f, err := os.Open(name); err == nil {
		io.WriteString(h, name)
		io.Copy(h, io.LimitReader(f, 64<<20))
		f.Close()
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// leadingTo is every link on the way to a file, and the file at its end: a
// mounted ConfigMap is changed by turning a link in the middle.
func leadingTo(file string) []string {
	path, err := filepath.Abs(file)
	if err != nil {
		return []string{file}
	}
	var names []string
	for range 40 { // as many links as Linux follows
		link, beyond := firstLink(path)
		if link == "" {
			break
		}
		names = append(names, link)
		target, err := os.Readlink(link)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(link), target)
		}
		path = filepath.Join(target, beyond)
	}
	return append(names, path)
}

// firstLink cuts a path behind the first link in it.
func firstLink(path string) (link, beyond string) {
	separator := string(filepath.Separator)
	at := len(filepath.VolumeName(path)) + 1
	for at <= len(path) {
		end := len(path)
		if i := strings.Index(path[at:], separator); i >= 0 {
			end = at + i
		}
		if info, err := os.Lstat(path[:end]); err != nil {
			break
		} else if info.Mode()&os.ModeSymlink != 0 {
			return path[:end], path[end:]
		}
		at = end + 1
	}
	return "", ""
}
