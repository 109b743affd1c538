package docs_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	unsaid  = regexp.MustCompile("[^a-z0-9 _-]")
)

// TestLinksLeadSomewhere follows every link between the pages of the tree.
func TestLinksLeadSomewhere(t *testing.T) {
	root := os.DirFS("..")
	checked := 0
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (base[0] == '.' || base == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".md"):
			return nil
		}
		page, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(string(fenced.ReplaceAll(page, nil)), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			checked++
			to, anchor, _ := strings.Cut(found[1], "#")
			target := name
			if to != "" {
				target = path.Join(path.Dir(name), to)
			}
			switch info, err := fs.Stat(root, target); {
			case err != nil:
				t.Errorf("%s links to %s, which is not there", name, found[1])
			case anchor != "" && !info.IsDir() && !hasHeading(root, target, anchor):
				t.Errorf("%s links to %s: the page has no such heading", name, found[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 20 {
		t.Errorf("%d links were found: the pattern has missed some", checked)
	}
}

// hasHeading: an anchor is the heading in lower case, without punctuation,
// with hyphens for spaces.
func hasHeading(root fs.FS, name, anchor string) bool {
	page, err := fs.ReadFile(root, name)
	if err != nil {
		return false
	}
	for _, found := range heading.FindAllStringSubmatch(string(fenced.ReplaceAll(page, nil)), -1) {
		if strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}
