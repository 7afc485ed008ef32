// A Go program with cgo: its C thread is seen as any other, and what the Go runtime's threads wait for is the kernel's word.
package main

/*
#include <pthread.h>
#include <unistd.h>
static int ends[2];
static void *reads(void *unused) {
	char byte;
	return read(ends[0], &byte, 1) == 1 ? unused : 0;
}
static int starts(void) {
	pthread_t thread;
	return pipe(ends) == 0 && pthread_create(&thread, 0, reads, 0) == 0 ? 42 : 0;
}
static void waits(void) {
	pause();
}
*/
import "C"
import (
	"fmt"
	"os"
)

func main() {
	fmt.Println(int(C.starts()))
	go C.waits()
	never := make(chan int)
	go func() { <-never }()
	os.Stdin.Read(make([]byte, 1)) // until it is told
	fmt.Println("done")
}
