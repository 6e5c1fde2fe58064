package testmode_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestJUnitReference(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "pytest", "junit.xml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "new", "report.xml")
	var r testmode.Runner
	out, _ := run(t, &r, mix, 80, nil, "-q", "--junitxml="+file)
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	same := regexp.MustCompile(`(time|timestamp|hostname|name)="(\d[^"]*|host|pytest( tests)?|asyncrepl( tests)?|` + hostname() + `)"`)
	strip := func(s string) string {
		s = same.ReplaceAllString(s, `$1=""`)
		s = regexp.MustCompile(`<properties>.*?</properties>`).ReplaceAllString(s, "")
		s = strings.NewReplacer("mix/", "", "></testcase>", " />", "</skipped> />", "</skipped></testcase>", "</failure> />", "</failure></testcase>", "</error> />", "</error></testcase>", " /> />", " /></testcase>").Replace(s)
		return s
	}
	if diff := cmp.Diff(strings.Split(strip(string(want)), "<testcase"), strings.Split(strip(string(got)), "<testcase")); diff != "" {
		t.Errorf("-pytest +ours:\n%s", diff)
	}
}

func hostname() string {
	name, _ := os.Hostname()
	return regexp.QuoteMeta(name)
}

func TestJUnitEscapes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.xml")
	s := newSuite(t, "-q", "-v", "--junitxml", file)
	s.add("TestX", 1, "func TestX() { \"<&>\" }", func(t *testmode.T) {
		t.Attr("owner", `"a" & b`)
		t.Run(`<"sub">`, func(t *testmode.T) { t.Fatal("\x1b[31m <red> \x00 \xff é\n\"quoted\"") })
	})
	out, _ := s.run()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(text, new(struct{})); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if !strings.Contains(string(text), "#x1B[31m &lt;red&gt; #x00") || !strings.Contains(string(text), "é&#10;&quot;quoted&quot;") {
		t.Errorf("%s", text)
	}
	if !strings.Contains(out, "- generated xml file: "+file) {
		t.Errorf("%s", out)
	}
	s.opt.JUnit = filepath.Join(file, "below a file")
	if out, r := s.run(); !strings.Contains(out, "no xml file: ") || r.Status != testmode.StatusFailed {
		t.Errorf("%d\n%s", r.Status, out)
	}
}
