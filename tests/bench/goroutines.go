// goroutines N: that many goroutines blocked 16 deep; prints the ms that the runtime's own profile of them takes
// to be written whole to $REPORT, with debug=1.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

//go:noinline
func deep(levels int, here *sync.WaitGroup, never chan int) int {
	if levels > 1 {
		return deep(levels-1, here, never) + 1
	}
	here.Done()
	return <-never
}

func main() {
	count, _ := strconv.Atoi(os.Args[1])
	var here sync.WaitGroup
	never := make(chan int)
	here.Add(count)
	for i := 0; i < count; i++ {
		go func() { deep(15, &here, never) }()
	}
	here.Wait()
	time.Sleep(100 * time.Millisecond)
	file, err := os.Create(os.Getenv("REPORT"))
	if err != nil {
		panic(err)
	}
	start := time.Now()
	if err := pprof.Lookup("goroutine").WriteTo(file, 1); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", float64(time.Since(start).Microseconds())/1e3)
}
