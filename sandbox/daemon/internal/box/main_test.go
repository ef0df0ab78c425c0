package box_test

import (
	"testing"

	"hermes.dev/sandbox/daemon/internal/boxtest"
)

func TestMain(m *testing.M) { boxtest.Main(m) }
