package rt

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"reflect"
)

// standing returns args with a wrapper of the compiled interface in the place of
// each box that has a method of the type of fn with that name, and the
// representation in the place of the others.
func standing[fn any](args []any, path, iface, method string) []any {
	out := make([]any, len(args))
	for i, a := range args {
		b, ok := Normal(a).(Box)
		if !ok {
			out[i] = a
			continue
		}
		out[i] = b.V
		if v := reflect.ValueOf(b.V); v.Kind() == reflect.Pointer && v.IsNil() {
			continue // its methods are not called
		}
		if _, ok := b.T.Method(method).(fn); ok {
			if wrap := b.T.reg.Wrap(path, iface); wrap != nil {
				out[i] = wrap(b)
			}
		}
	}
	return out
}

// scanned returns args, where package fmt is to store what it reads.
func scanned(args []any) []any {
	return standing[func(any, fmt.ScanState, rune) error](args, "fmt", "Scanner", "Scan")
}

// columns returns args, where package sql is to store the columns of a row.
func columns(args []any) []any {
	return standing[func(any, any) error](args, "database/sql", "Scanner", "Scan")
}

// parameters returns args, which a query of package sql is given.
func parameters(args []any) []any {
	return standing[func(any) (driver.Value, error)](args, "database/sql/driver", "Valuer", "Value")
}

// A querier is what runs queries: *sql.DB, *sql.Tx and *sql.Conn.
type querier interface {
	ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
}

// queries returns the methods of T that take parameters.
func queries[T querier]() map[string]any {
	prefix := "database/sql.(*" + reflect.TypeFor[T]().Elem().Name() + ")."
	all := map[string]any{
		"ExecContext": func(t T, ctx context.Context, q string, args ...any) (sql.Result, error) {
			return t.ExecContext(ctx, q, parameters(args)...)
		},
		"QueryContext": func(t T, ctx context.Context, q string, args ...any) (*sql.Rows, error) {
			return t.QueryContext(ctx, q, parameters(args)...)
		},
		"QueryRowContext": func(t T, ctx context.Context, q string, args ...any) *sql.Row {
			return t.QueryRowContext(ctx, q, parameters(args)...)
		},
		"Exec": func(t T, q string, args ...any) (sql.Result, error) {
			return t.ExecContext(context.Background(), q, parameters(args)...)
		},
		"Query": func(t T, q string, args ...any) (*sql.Rows, error) {
			return t.QueryContext(context.Background(), q, parameters(args)...)
		},
		"QueryRow": func(t T, q string, args ...any) *sql.Row {
			return t.QueryRowContext(context.Background(), q, parameters(args)...)
		},
	}
	named := map[string]any{}
	for name, f := range all {
		named[prefix+name] = f
	}
	return named
}

// databases returns the methods of package sql that store into variables, or
// take parameters, of session types.
func databases() map[string]any {
	m := map[string]any{
		"database/sql.(*Rows).Scan": func(r *sql.Rows, dest ...any) error { return r.Scan(columns(dest)...) },
		"database/sql.(*Row).Scan":  func(r *sql.Row, dest ...any) error { return r.Scan(columns(dest)...) },

		"database/sql.(*Stmt).Exec": func(s *sql.Stmt, args ...any) (sql.Result, error) {
			return s.Exec(parameters(args)...)
		},
		"database/sql.(*Stmt).ExecContext": func(s *sql.Stmt, ctx context.Context, args ...any) (sql.Result, error) {
			return s.ExecContext(ctx, parameters(args)...)
		},
		"database/sql.(*Stmt).Query": func(s *sql.Stmt, args ...any) (*sql.Rows, error) {
			return s.Query(parameters(args)...)
		},
		"database/sql.(*Stmt).QueryContext": func(s *sql.Stmt, ctx context.Context, args ...any) (*sql.Rows, error) {
			return s.QueryContext(ctx, parameters(args)...)
		},
		"database/sql.(*Stmt).QueryRow": func(s *sql.Stmt, args ...any) *sql.Row {
			return s.QueryRow(parameters(args)...)
		},
		"database/sql.(*Stmt).QueryRowContext": func(s *sql.Stmt, ctx context.Context, args ...any) *sql.Row {
			return s.QueryRowContext(ctx, parameters(args)...)
		},
	}
	maps.Copy(m, queries[*sql.DB]())
	maps.Copy(m, queries[*sql.Tx]())
	maps.Copy(m, queries[*sql.Conn]())
	return m
}
