// A command that works for ever: a byte to its output after each of the kernel's units of rounds.
//
//   guest ROUNDS
#include <stdlib.h>
#include <unistd.h>

extern unsigned run(unsigned rounds);
volatile unsigned result;

int main(int count, char** arguments) {
  const unsigned rounds = (unsigned)atoi(arguments[count - 1]);
  for (;;) {
    result = run(rounds);
    if (write(1, ".", 1) != 1) return 0;
  }
}
