package testmode_test

import (
	"testing"

	"github.com/asyncrepl/asyncrepl/testmode"
)

func TestKindOf(t *testing.T) {
	for kind, names := range map[testmode.Kind][]string{
		testmode.IsTest:           {"Test", "TestX", "Test1", "Test_x", "TestÉ", "testX", "test_x", "test_", "test1"},
		testmode.IsBenchmark:      {"Benchmark", "BenchmarkX", "Benchmark_x"},
		testmode.IsFuzz:           {"FuzzX", "Fuzz"},
		testmode.IsExample:        {"Example", "ExampleX", "Example_x", "ExampleT_m"},
		testmode.IsMain:           {"TestMain"},
		testmode.IsFixture:        {"FixtureDB", "fixtureDB", "fixture_db"},
		testmode.IsSessionFixture: {"SessionFixtureDB", "sessionFixtureDB", "session_fixture_db"},
		testmode.NoTest: {"", "Testing", "Testé", "tester", "testing", "test", "benchmarkX", "fuzzX", "exampleX", "Examples",
			"fixture", "fixtures", "session_fixture", "sessionX", "main", "x_test", "TEST", "Tes"},
	} {
		for _, name := range names {
			if got := testmode.KindOf(name); got != kind {
				t.Errorf("%q is of kind %d, want %d", name, got, kind)
			}
		}
	}
}
