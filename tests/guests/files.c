// Makes, reads, lists and removes files beneath /box, and says what it saw.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void must(int good, const char *what) {
  if (good) return;
  perror(what);
  exit(9);
}

static int order(const void *left, const void *right) { return strcmp(*(char *const *)left, *(char *const *)right); }

int main(int argc, char **argv) {
  printf("%d arguments, last %s, HOME %s\n", argc - 1, argv[argc - 1], getenv("HOME") ? getenv("HOME") : "unset");
  must(mkdir("/box/made", 0777) == 0, "mkdir");
  FILE *file = fopen("/box/made/text", "w");
  must(file != NULL, "fopen");
  for (int i = 0; i < 1000; ++i) fprintf(file, "line %d\n", i);
  must(fclose(file) == 0, "fclose");
  struct stat found;
  must(stat("/box/made/text", &found) == 0, "stat");
  printf("%lld bytes\n", (long long)found.st_size);
  must(rename("/box/made/text", "/box/made/moved") == 0, "rename");
  must(symlink("moved", "/box/made/link") == 0, "symlink");
  int descriptor = open("/box/made/link", O_RDONLY);
  must(descriptor >= 0, "open");
  char piece[9] = {0};
  must(pread(descriptor, piece, 8, 7) == 8 && lseek(descriptor, 0, SEEK_END) == found.st_size, "pread");
  printf("%s", piece);
  close(descriptor);
  DIR *directory = opendir("/box/made");
  must(directory != NULL, "opendir");
  char *names[16];
  size_t count = 0;
  for (struct dirent *entry = readdir(directory); entry != NULL && count < 16; entry = readdir(directory)) {
    names[count++] = strdup(entry->d_name);
  }
  closedir(directory);
  qsort(names, count, sizeof *names, order);
  for (size_t i = 0; i < count; ++i) printf("%s%s", names[i], i + 1 < count ? " " : "\n");
  must(unlink("/box/made/link") == 0 && unlink("/box/made/moved") == 0 && rmdir("/box/made") == 0, "remove");
  struct timespec start, end, pause = {0, 20000000};
  clock_gettime(CLOCK_MONOTONIC, &start);
  nanosleep(&pause, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  must((end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec >= 20000000, "nanosleep");
  return open("/box/../outside", O_RDONLY) < 0 && open("/etc/passwd", O_RDONLY) < 0 ? 7 : 8;
}
