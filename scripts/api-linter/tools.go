//go:build tools

// Package tools pins Google's api-linter, whose module cannot be installed by its path alone.
package tools

import _ "github.com/googleapis/api-linter/cmd/api-linter"
