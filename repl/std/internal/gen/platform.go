package main

import "strings"

// A platform is a pair of operating system and architecture.
type platform struct{ os, arch string }

// String returns the platform as it stands in file names.
func (p platform) String() string { return p.os + "_" + p.arch }

// constraint returns the build constraint that selects the platform.
func (p platform) constraint() string { return "(" + p.os + " && " + p.arch + ")" }

// platforms lists what asyncrepl is built for. The first one serves as the
// stand-in where it is built for something else.
var platforms = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
}

// elsewhere returns the build constraint that selects every other platform.
func elsewhere() string {
	var all []string
	for _, p := range platforms {
		all = append(all, p.constraint())
	}
	return "!(" + strings.Join(all, " || ") + ")"
}
