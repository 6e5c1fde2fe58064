package fast

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
)

// Scan stores src in the variable dest points to, converting it as
// [sql.Rows.Scan] does. Package sql exports that conversion only as part of a
// query, so src is made the one value of the one row of a result.
func Scan(dest, src any) error {
	db := sql.OpenDB(row{src})
	defer db.Close()
	err := db.QueryRow("").Scan(dest)
	if inner := errors.Unwrap(err); inner != nil {
		return inner // without the column that only this function knows of
	}
	return err
}

// A row is a database whose every query returns one row with one value.
type row struct{ value driver.Value }

func (r row) Connect(context.Context) (driver.Conn, error) { return conn{r}, nil }
func (r row) Driver() driver.Driver                        { return r }
func (r row) Open(string) (driver.Conn, error)             { return conn{r}, nil }

// A conn is a connection to a row, and a statement of it.
type conn struct{ row }

func (c conn) Prepare(string) (driver.Stmt, error)        { return c, nil }
func (c conn) Begin() (driver.Tx, error)                  { return nil, errors.ErrUnsupported }
func (c conn) Close() error                               { return nil }
func (c conn) NumInput() int                              { return 0 }
func (c conn) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }
func (c conn) Query([]driver.Value) (driver.Rows, error)  { return &rows{c.row, false}, nil }

// rows is the result: the row, unless it was read already.
type rows struct {
	row
	read bool
}

func (r *rows) Columns() []string { return []string{""} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(dest []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read = true
	dest[0] = r.value
	return nil
}
