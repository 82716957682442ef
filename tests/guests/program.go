// Uses goroutines, files, time and the environment, and ends with its own exit code.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"time"
)

func main() {
	fmt.Println(os.Args[1:], os.Getenv("GREETING"))
	if err := os.WriteFile("/box/file", []byte("data"), 0o644); err != nil {
		panic(err)
	}
	contents, err := os.ReadFile("/box/file")
	fmt.Println(string(contents), err)
	entries, _ := os.ReadDir("/box")
	for _, entry := range entries {
		fmt.Println(entry.Name(), entry.IsDir())
	}
	os.Remove("/box/file")
	_, err = os.ReadFile("/etc/passwd")
	fmt.Println(err != nil)
	scanner := bufio.NewScanner(os.Stdin)
	lines := []string{}
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	sort.Strings(lines)
	fmt.Println(lines)
	start := time.Now()
	answers := make(chan int)
	go func() {
		time.Sleep(20 * time.Millisecond)
		answers <- 42
	}()
	fmt.Println(<-answers, time.Since(start) >= 20*time.Millisecond)
	os.Exit(5)
}
