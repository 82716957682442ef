// A guest that is an ordinary program: it counts the words of the files that it is asked for.
#include <ctype.h>
#include <stdio.h>

static long count_words(FILE *file) {
  long words = 0;
  int inside = 0;
  for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
    words += !inside && !isspace(c);
    inside = !isspace(c);
  }
  return words;
}

int main(int argc, char **argv) {
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    FILE *file = fopen(argv[i], "r");
    if (file == NULL) {
      perror(argv[i]);
      failed = 1;
      continue;
    }
    printf("%s: %ld words\n", argv[i], count_words(file));
    fclose(file);
  }
  return failed;
}
